-- Top 10 customers (Customer segmentation)
-- Visualization: table
-- Variable segment: Text, optional, one of premium, regular, new (Segment)
-- Variable tier: Text, optional, one of VIP, High Value, Medium Value, Standard (Value tier)
-- Variable level: Text, optional, one of low, medium, high, critical (Risk level)
-- Variable country: Text, optional (Country code)
-- Variable period: Number, optional, one of 30, 90, 365 (Days since the last order)
-- Click behavior: go to customer.sql, its customer_id from the column customer_id

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
where
    true [[and (customer_segment = {{segment}})]]
    and true [[and (value_tier = {{tier}})]]
    and true [[and (risk_level = {{level}})]]
    and true [[and (country_code = {{country}})]]
    and true [[and (days_since_last_order <= {{period}})]]
order by total_spent desc, customer_id
limit 10
