select
    value_tier,
    sum(total_spent) as revenue,
    coalesce(round(sum(total_spent) / nullif(sum(sum(total_spent)) over (), 0), 4), 0) as share,
    sum(customers)::bigint as customers,
    round(sum(total_spent) / sum(customers), 2) as average
from analytics.dashboard_segments
where
    (:segment::text is null or customer_segment = :segment)
    and (:tier::text is null or value_tier = :tier)
    and (:level::text is null or risk_level = :level)
    and (:country::text is null or country_code = :country)
    and (:period::integer is null or last_order_within <= :period::integer)
group by value_tier
order by array_position(array['VIP', 'High Value', 'Medium Value', 'Standard'], value_tier)
