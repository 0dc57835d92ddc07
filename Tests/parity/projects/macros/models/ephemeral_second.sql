{{ config(materialized='ephemeral') }}
select customer_id, sum(amount) as total from {{ ref('ephemeral_base') }} group by 1
