{{ config(materialized='incremental', unique_key='customer_id', on_schema_change='append_new_columns') }}
select customer_id, count(*) as orders
{% if is_incremental() %}, max(region) as last_region{% endif %}
from {{ source('raw', 'orders') }} group by 1
