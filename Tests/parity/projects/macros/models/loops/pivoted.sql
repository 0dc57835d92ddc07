{%- set regions = var('regions') -%}
select
  customer_id,
  {{- pivot('region', regions, then_value='amount', prefix='in_') }},
  count(*) as orders
from {{ source('raw', 'orders') }}
group by customer_id
