-- Spent by VIPs at high or critical over time (Trends)
-- Visualization: line
-- Columns: x published_at, value revenue_at_risk

-- What VIP customers at high or critical have spent, run by run.
with newest as (
    select distinct run_id from analytics.run_trends
    order by run_id desc
    limit 30
)

select
    trends.run_id,
    max(trends.published_at) as published_at,
    coalesce(sum(trends.vip_spent) filter (where trends.risk_level in ('high', 'critical')), 0) as revenue_at_risk,
    coalesce(sum(trends.vip_customers) filter (where trends.risk_level in ('high', 'critical')), 0)::bigint
        as vip_customers
from analytics.run_trends as trends
inner join newest on trends.run_id = newest.run_id
group by trends.run_id
order by trends.run_id
