-- How loyal are the high value customers of each tier?
select
    customer_tier,
    retention_status,
    count(*) as customers,
    sum(total_spent) as revenue
from analytics.high_value_customers
group by customer_tier, retention_status
order by customer_tier, revenue desc, retention_status
