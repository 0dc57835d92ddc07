-- Customers by activity (Customer segmentation)
-- Visualization: bar chart
-- Columns: label activity_level, value customers
-- Variable segment: Text, optional, one of premium, regular, new (Segment)
-- Variable tier: Text, optional, one of VIP, High Value, Medium Value, Standard (Value tier)
-- Variable level: Text, optional, one of low, medium, high, critical (Risk level)
-- Variable country: Text, optional (Country code)
-- Variable period: Number, optional, one of 30, 90, 365 (Days since the last order)
-- Click behavior: go to the table analytics.customer_segmentation, filtered by activity_level from the column activity_level

select
    activity_level,
    sum(customers)::bigint as customers,
    round(sum(customers) / sum(sum(customers)) over (), 4) as share,
    round(sum(activity_score_sum) / sum(customers), 1) as average_score
from analytics.dashboard_segments
where
    true [[and (customer_segment = {{segment}})]]
    and true [[and (value_tier = {{tier}})]]
    and true [[and (risk_level = {{level}})]]
    and true [[and (country_code = {{country}})]]
    and true [[and (last_order_within <= {{period}})]]
group by activity_level
order by array_position(array['Low Activity', 'Moderate', 'Active', 'Very Active'], activity_level)
