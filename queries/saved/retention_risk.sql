-- Retention of high value customers
-- Customers and revenue by retention status and tier.
select
    retention_status,
    customer_tier,
    count(*) as customers,
    sum(total_spent) as revenue
from analytics.high_value_customers
group by retention_status, customer_tier
order by revenue desc, retention_status, customer_tier
