select
    customer_tier,
    retention_status,
    sum(customers)::bigint as customers,
    sum(total_spent) as revenue
from analytics.dashboard_segments
where
    customer_tier is not null
    and (:segment::text is null or customer_segment = :segment)
    and (:tier::text is null or value_tier = :tier)
    and (:level::text is null or risk_level = :level)
    and (:country::text is null or country_code = :country)
group by customer_tier, retention_status
order by
    customer_tier,
    array_position(array['New Customer', 'Stable', 'At Risk Customer', 'Lost Customer'], retention_status)
