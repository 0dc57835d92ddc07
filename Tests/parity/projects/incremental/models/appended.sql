{{ config(materialized='incremental') }}
select order_id, customer_id, amount from {{ source('raw', 'orders') }}
{% if is_incremental() %}
where order_id > (select coalesce(max(order_id), 0) from {{ this }})
{% endif %}
