-- Levels by month of the first order (Trends)
-- Visualization: pivot table
-- Columns: row cohort, column level, value customers

-- Customers by the month of their first order and their level now, the last twelve months that have any.
with customers as (
    select
        to_char(date_trunc('month', first_order_at at time zone 'UTC'), 'YYYY-MM') as cohort,
        coalesce(risk_level, 'low') as level,
        count(*) as customers
    from analytics.customer_segmentation
    where first_order_at is not null
    group by to_char(date_trunc('month', first_order_at at time zone 'UTC'), 'YYYY-MM'), coalesce(risk_level, 'low')
),

cohorts as (
    select
        cohort,
        sum(customers) as customers
    from customers
    group by cohort
    order by cohort desc
    limit 12
),

levels as (
    select * from unnest(array['critical', 'high', 'medium', 'low']) with ordinality as l (name, place)
)

select
    cohorts.cohort,
    levels.name as level,
    coalesce(customers.customers, 0)::bigint as customers,
    round(coalesce(customers.customers, 0) / cohorts.customers, 4) as share
from cohorts
cross join levels
left join customers on cohorts.cohort = customers.cohort and levels.name = customers.level
order by cohorts.cohort desc, levels.place
