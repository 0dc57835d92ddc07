select
    activity_level,
    sum(customers)::bigint as customers,
    round(sum(customers) / sum(sum(customers)) over (), 4) as share,
    round(sum(activity_score_sum) / sum(customers), 1) as average_score
from analytics.dashboard_segments
where
    (:segment::text is null or customer_segment = :segment)
    and (:tier::text is null or value_tier = :tier)
    and (:level::text is null or risk_level = :level)
    and (:country::text is null or country_code = :country)
    and (:period::integer is null or last_order_within <= :period::integer)
group by activity_level
order by array_position(array['Low Activity', 'Moderate', 'Active', 'Very Active'], activity_level)
