select
    customer_segment,
    value_tier,
    sum(customers)::bigint as customers,
    sum(total_spent) as revenue,
    round(sum(activity_score_sum) / sum(customers), 1) as average_activity
from analytics.dashboard_segments
where
    (:segment::text is null or customer_segment = :segment)
    and (:tier::text is null or value_tier = :tier)
    and (:level::text is null or risk_level = :level)
    and (:country::text is null or country_code = :country)
group by customer_segment, value_tier
order by
    array_position(array['premium', 'regular', 'new'], customer_segment),
    array_position(array['VIP', 'High Value', 'Medium Value', 'Standard'], value_tier)
