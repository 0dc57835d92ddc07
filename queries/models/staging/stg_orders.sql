-- Grain: one row per order line (customer_id, order_id). An order is a cart: it holds one line or more.
with order_lines as (

    select * from {{ source('staging', 'raw_orders') }}

)

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
from order_lines
