-- Grain: one row per order line (customer_id, order_id). An order is a cart: it holds one line or more.
-- Without a WITH: PostgreSQL plans a view that has one by itself, and would read all lines for those of a few customers.
select
    order_id,
    cart_id,
    customer_id,
    product_id,
    coalesce(nullif(trim(product), ''), 'Unknown product') as product,
    coalesce(nullif(lower(trim(category)), ''), 'uncategorised') as category,
    counterparty,
    quantity,
    price,
    discount,
    price * quantity as gross_total,
    line_total,
    region,
    ordered_at,
    is_synthetic_time,
    place,
    latitude,
    longitude
from {{ source('staging', 'raw_orders') }}
