-- High value customers at risk
-- High value customers whose last order is long ago, the most valuable first.
select
    customer_id,
    full_name,
    total_spent,
    retention_status
from analytics.high_value_customers
where retention_status = 'At Risk Customer'
order by total_spent desc, customer_id
