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
order by total_spent desc, customer_id
limit 10
