-- Grain: one row per combination of the classes below that has customers. What the segmentation and VIP
-- dashboards sum up, so that a card reads thousands of rows at most, however many customers there are.
with customers as (

    select * from {{ ref('customer_segmentation') }}

)

select
    customer_segment,
    value_tier,
    customer_tier,
    retention_status,
    lifecycle_stage,
    activity_level,
    recency_score,
    monetary_score,
    risk_level,
    country_code,
    case
        when days_since_last_order <= 30 then 30
        when days_since_last_order <= 90 then 90
        when days_since_last_order <= 365 then 365
        when days_since_last_order is not null then 100000
    end as last_order_within,
    count(*) as customers,
    sum(total_orders) as total_orders,
    sum(total_spent) as total_spent,
    sum(customer_activity_score) as activity_score_sum
from customers
group by
    customer_segment,
    value_tier,
    customer_tier,
    retention_status,
    lifecycle_stage,
    activity_level,
    recency_score,
    monetary_score,
    risk_level,
    country_code,
    last_order_within
