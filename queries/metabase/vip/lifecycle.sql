-- Customer lifecycle by orders (High value customers)
-- Visualization: bar chart
-- Columns: label lifecycle_stage, value customers
-- Variable segment: Text, optional, one of premium, regular, new (Segment)
-- Variable tier: Text, optional, one of VIP, High Value, Medium Value, Standard (Value tier)
-- Variable level: Text, optional, one of low, medium, high, critical (Risk level)
-- Variable country: Text, optional (Country code)
-- Variable period: Number, optional, one of 30, 90, 365 (Days since the last order)
-- Click behavior: go to the table analytics.customer_segmentation, filtered by lifecycle_stage from the column lifecycle_stage

select
    lifecycle_stage,
    sum(customers)::bigint as customers,
    sum(total_spent) as revenue,
    round(sum(total_spent) / sum(customers), 2) as average
from analytics.dashboard_segments
where
    true [[and (customer_segment = {{segment}})]]
    and true [[and (value_tier = {{tier}})]]
    and true [[and (risk_level = {{level}})]]
    and true [[and (country_code = {{country}})]]
    and true [[and (last_order_within <= {{period}})]]
group by lifecycle_stage
order by array_position(
    array['0 - Prospect', '1 - New', '2-3 - Growing', '4-9 - Active', '10+ - Loyal'], lifecycle_stage
)
