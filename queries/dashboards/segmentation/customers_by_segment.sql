select
    customer_segment,
    sum(customers)::bigint as customers,
    round(sum(customers) / sum(sum(customers)) over (), 4) as share,
    sum(total_spent) as revenue
from analytics.dashboard_segments
where
    (:segment::text is null or customer_segment = :segment)
    and (:tier::text is null or value_tier = :tier)
    and (:level::text is null or risk_level = :level)
    and (:country::text is null or country_code = :country)
    and (:period::integer is null or last_order_within <= :period::integer)
group by customer_segment
order by array_position(array['premium', 'regular', 'new'], customer_segment)
