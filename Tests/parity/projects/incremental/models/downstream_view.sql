{{ config(materialized='view') }}
select a.customer_id, count(*) as rows_seen, max(r.total) as total
from {{ ref('appended') }} as a join {{ ref('replaced') }} as r on r.customer_id = a.customer_id group by 1
