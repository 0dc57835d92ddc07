{{ config(materialized='table') }}
select order_id as "Order Id", region as "group", 'it''s -- no comment' as note, amount as "Ämount"
from {{ source('raw_data', 'orders') }} /* ; not the end */
