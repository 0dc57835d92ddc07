-- Revenue by value tier (Customer segmentation)
-- Visualization: row chart
-- Columns: label value_tier, value revenue
-- Variable segment: Text, optional, one of premium, regular, new (Segment)
-- Variable tier: Text, optional, one of VIP, High Value, Medium Value, Standard (Value tier)
-- Variable level: Text, optional, one of low, medium, high, critical (Risk level)
-- Variable country: Text, optional (Country code)
-- Variable period: Number, optional, one of 30, 90, 365 (Days since the last order)
-- Click behavior: go to the table analytics.customer_segmentation, filtered by value_tier from the column value_tier

select
    value_tier,
    sum(total_spent) as revenue,
    coalesce(round(sum(total_spent) / nullif(sum(sum(total_spent)) over (), 0), 4), 0) as share,
    sum(customers)::bigint as customers,
    round(sum(total_spent) / sum(customers), 2) as average
from analytics.dashboard_segments
where
    true [[and (customer_segment = {{segment}})]]
    and true [[and (value_tier = {{tier}})]]
    and true [[and (risk_level = {{level}})]]
    and true [[and (country_code = {{country}})]]
    and true [[and (last_order_within <= {{period}})]]
group by value_tier
order by array_position(array['VIP', 'High Value', 'Medium Value', 'Standard'], value_tier)
