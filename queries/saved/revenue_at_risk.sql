-- How much revenue is at risk?
-- Revenue of the high value customers whose last order is long ago.
select
    retention_status,
    count(*) as customers,
    sum(total_spent) as revenue_at_risk
from analytics.high_value_customers
where retention_status in ('At Risk Customer', 'Lost Customer')
group by retention_status
order by revenue_at_risk desc, retention_status
