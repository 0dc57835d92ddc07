-- Customers that spent enough for a tier and are missing from high_value_customers, or are there without it.
select
    coalesce(customers.customer_id, high_value.customer_id) as customer_id,
    customers.customer_tier as tier_due,
    high_value.customer_tier as tier_shown
from {{ ref('customer_segmentation') }} as customers
full outer join {{ ref('high_value_customers') }} as high_value
    on customers.customer_id = high_value.customer_id
where high_value.customer_tier is distinct from customers.customer_tier
