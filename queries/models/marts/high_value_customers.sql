-- Grain: one row per customer who spent enough for a tier.
with customers as (

    select * from {{ ref('customer_segmentation') }}

)

select
    customer_id,
    full_name,
    email,
    country,
    country_code,
    customer_segment,
    value_tier,
    customer_tier,
    retention_status,
    lifecycle_stage,
    total_orders,
    total_spent,
    avg_order_value,
    first_order_at,
    last_order_at,
    days_since_last_order,
    customer_activity_score,
    risk_level,
    composite_risk_score
from customers
where customer_tier is not null
