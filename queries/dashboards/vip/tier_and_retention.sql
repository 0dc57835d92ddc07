select
    customer_tier,
    retention_status,
    sum(customers)::bigint as customers,
    sum(total_spent) as revenue
from analytics.dashboard_segments
where customer_tier is not null
group by customer_tier, retention_status
order by
    customer_tier,
    array_position(array['New Customer', 'Stable', 'At Risk Customer', 'Lost Customer'], retention_status)
