-- Grain: one row per month of the first order (UTC) and risk level that has customers. What the trends dashboard shows.
with customers as (

    select * from {{ ref('customer_segmentation') }}

)

select
    to_char(date_trunc('month', first_order_at at time zone 'UTC'), 'YYYY-MM') as cohort,
    coalesce(risk_level, 'low') as risk_level,
    count(*) as customers
from customers
where first_order_at is not null
group by to_char(date_trunc('month', first_order_at at time zone 'UTC'), 'YYYY-MM'), coalesce(risk_level, 'low')
