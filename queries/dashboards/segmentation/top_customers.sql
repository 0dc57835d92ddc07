select
    customer_id,
    full_name,
    country,
    customer_segment,
    value_tier,
    total_orders,
    total_spent,
    risk_level
from analytics.customer_segmentation
where
    (:segment::text is null or customer_segment = :segment)
    and (:tier::text is null or value_tier = :tier)
    and (:level::text is null or risk_level = :level)
    and (:country::text is null or country_code = :country)
    and (:period::integer is null or days_since_last_order <= :period::integer)
order by total_spent desc, customer_id
limit 10
