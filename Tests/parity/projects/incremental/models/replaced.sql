{{ config(materialized='incremental', unique_key='customer_id') }}
select customer_id, sum(amount) as total, max(order_id) as last_order from {{ source('raw', 'orders') }}
{% if is_incremental() %}
where customer_id in (select customer_id from {{ source('raw', 'orders') }} where order_id > (select max(last_order) from {{ this }}))
{% endif %}
group by customer_id
