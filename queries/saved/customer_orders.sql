-- What did a customer order?
-- The lines of all orders, the newest first.
-- :customer_id = 1 | whose orders
select
    ordered_at,
    cart_id,
    product,
    category,
    quantity,
    line_total
from analytics.stg_orders
where customer_id = :customer_id::bigint
order by ordered_at desc, cart_id, order_id
