{{ config(materialized='incremental', unique_key=['customer_id', 'region'], incremental_strategy='merge', merge_exclude_columns=['first_order']) }}
select customer_id, region, min(order_id) as first_order, count(*) as orders from {{ source('raw', 'orders') }}
{% if is_incremental() %}
where order_id > 300
{% endif %}
group by 1, 2
