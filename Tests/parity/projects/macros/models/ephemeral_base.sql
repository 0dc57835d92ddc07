{{ config(materialized='ephemeral') }}
select customer_id, amount from {{ source('raw', 'orders') }} where amount > {{ var('threshold') }}
