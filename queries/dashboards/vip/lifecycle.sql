select
    lifecycle_stage,
    sum(customers)::bigint as customers,
    sum(total_spent) as revenue,
    round(sum(total_spent) / sum(customers), 2) as average
from analytics.dashboard_segments
where
    (:segment::text is null or customer_segment = :segment)
    and (:tier::text is null or value_tier = :tier)
    and (:level::text is null or risk_level = :level)
    and (:country::text is null or country_code = :country)
    and (:period::integer is null or last_order_within <= :period::integer)
group by lifecycle_stage
order by array_position(
    array['0 - Prospect', '1 - New', '2-3 - Growing', '4-9 - Active', '10+ - Loyal'], lifecycle_stage
)
