-- Grain: one row per customer who spent enough for a tier. An incremental build makes the rows of the touched customers, or of all
-- where days are counted to another moment than before, which is the same for all. The array: see customer_segmentation.
{% if is_incremental() %}
with due as (

    select unnest(array(
        select touched.customer_id from {{ source('staging', 'touched_customers') }} as touched
        union
        select counted.customer_id
        from {{ ref('customer_segmentation') }} as counted
        where
            -- Any row will do.
            (select one.as_of from {{ ref('customer_segmentation') }} as one limit 1) -- noqa: AM09
            is distinct from (select former.as_of from {{ this }} as former limit 1) -- noqa: AM09
    )) as customer_id

)

{% endif %}
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
    customers.composite_risk_score,
    customers.as_of
from {{ ref('customer_segmentation') }} as customers
{% if is_incremental() %}
inner join due on customers.customer_id = due.customer_id
{% endif %}
where customers.customer_tier is not null
