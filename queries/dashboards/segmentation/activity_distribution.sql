select
    activity_level,
    sum(customers)::bigint as customers,
    round(sum(customers) / sum(sum(customers)) over (), 4) as share,
    round(sum(activity_score_sum) / sum(customers), 1) as average_score
from analytics.dashboard_segments
group by activity_level
order by array_position(array['Low Activity', 'Moderate', 'Active', 'Very Active'], activity_level)
