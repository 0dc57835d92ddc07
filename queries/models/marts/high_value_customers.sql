-- Grain: one row per customer who spent enough for a tier. An incremental build makes the rows of the touched customers, and of
-- those for whom days have passed.
with customers as (

    select * from {{ ref('customer_segmentation') }}

)

select
    customers.customer_id,
    customers.full_name,
    customers.email,
    customers.country,
    customers.country_code,
    customers.customer_segment,
    customers.value_tier,
    customers.customer_tier,
    customers.retention_status,
    customers.lifecycle_stage,
    customers.total_orders,
    customers.total_spent,
    customers.avg_order_value,
    customers.first_order_at,
    customers.last_order_at,
    customers.days_since_last_order,
    customers.customer_activity_score,
    customers.risk_level,
    customers.composite_risk_score
from customers
{% if is_incremental() %}
left join {{ source('staging', 'touched_customers') }} as touched on customers.customer_id = touched.customer_id
left join {{ this }} as former on customers.customer_id = former.customer_id
{% endif %}
where
    customers.customer_tier is not null
{% if is_incremental() %}
and (
    touched.customer_id is not null
    or former.customer_id is null
    or customers.days_since_last_order is distinct from former.days_since_last_order
)
{% endif %}
