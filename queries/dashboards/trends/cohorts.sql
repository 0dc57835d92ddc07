-- Customers by the month of their first order and their level now, the last twelve months that have any.
with cohorts as (
    select
        cohort,
        sum(customers) as customers
    from analytics.dashboard_cohorts
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
left join analytics.dashboard_cohorts as customers
    on cohorts.cohort = customers.cohort and levels.name = customers.risk_level
order by cohorts.cohort desc, levels.place
