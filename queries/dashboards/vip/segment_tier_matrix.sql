select
    customer_segment,
    value_tier,
    sum(customers)::bigint as customers,
    sum(total_spent) as revenue,
    round(sum(activity_score_sum) / sum(customers), 1) as average_activity
from analytics.dashboard_segments
group by customer_segment, value_tier
order by
    array_position(array['premium', 'regular', 'new'], customer_segment),
    array_position(array['VIP', 'High Value', 'Medium Value', 'Standard'], value_tier)
