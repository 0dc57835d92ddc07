-- Grain: one row per customer, those without orders included. A row follows from the rows of its customer alone, so that an
-- incremental build makes those of the touched customers.
with profiles as (

    select * from {{ ref('stg_customer_profiles') }}
    {% if is_incremental() %}
    where customer_id in (select touched.customer_id from {{ source('staging', 'touched_customers') }} as touched)
    {% endif %}

),

orders as (

    select * from {{ ref('stg_orders') }}
    {% if is_incremental() %}
    where customer_id in (select touched.customer_id from {{ source('staging', 'touched_customers') }} as touched)
    {% endif %}

),

-- By order first and by customer then: counting distinct orders in one step would sort all lines.
carts as (

    select
        customer_id,
        cart_id,
        count(*) as total_lines,
        sum(quantity) as total_items,
        sum(line_total) as order_value,
        min(ordered_at) as first_order_at,
        max(ordered_at) as last_order_at,
        bool_or(is_synthetic_time) as has_synthetic_times
    from orders
    group by customer_id, cart_id

),

order_totals as (

    select
        customer_id,
        count(*) as total_orders,
        sum(total_lines)::bigint as total_lines,
        sum(total_items)::bigint as total_items,
        sum(order_value) as total_spent,
        max(order_value) as largest_order,
        min(first_order_at) as first_order_at,
        max(last_order_at) as last_order_at,
        bool_or(has_synthetic_times) as has_synthetic_times
    from carts
    group by customer_id

)

select
    profiles.customer_id,
    profiles.full_name,
    profiles.email,
    profiles.city,
    profiles.country,
    profiles.country_code,
    profiles.profile_completeness,
    coalesce(order_totals.total_orders, 0) as total_orders,
    coalesce(order_totals.total_lines, 0) as total_lines,
    coalesce(order_totals.total_items, 0) as total_items,
    coalesce(order_totals.total_spent, 0)::numeric(16, 2) as total_spent,
    coalesce(round(order_totals.total_spent / order_totals.total_orders, 2), 0)::numeric(16, 2)
        as avg_order_value,
    coalesce(order_totals.largest_order, 0)::numeric(16, 2) as largest_order,
    order_totals.first_order_at,
    order_totals.last_order_at,
    coalesce(order_totals.has_synthetic_times, false) as has_synthetic_times
from profiles
left join order_totals on profiles.customer_id = order_totals.customer_id
