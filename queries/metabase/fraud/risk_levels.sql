-- Customers by risk level (Fraud)
-- Visualization: row chart
-- Columns: label risk_level, value customers
-- Variable segment: Text, optional, one of premium, regular, new (Segment)
-- Variable tier: Text, optional, one of VIP, High Value, Medium Value, Standard (Value tier)
-- Variable level: Text, optional, one of low, medium, high, critical (Risk level)
-- Variable country: Text, optional (Country code)
-- Variable period: Number, optional, one of 30, 90, 365 (Days since the last order)
-- Click behavior: go to the table analytics.customer_segmentation, filtered by risk_level from the column risk_level

select
    risk_level,
    sum(customers)::bigint as customers,
    round(sum(customers) / sum(sum(customers)) over (), 4) as share,
    round(sum(composite_sum) / nullif(sum(scored), 0), 4) as average_score,
    sum(total_spent) as revenue
from analytics.dashboard_risk
where
    true [[and (customer_segment = {{segment}})]]
    and true [[and (value_tier = {{tier}})]]
    and true [[and (risk_level = {{level}})]]
    and true [[and (country_code = {{country}})]]
    and true [[and (last_order_within <= {{period}})]]
group by risk_level
order by array_position(array['critical', 'high', 'medium', 'low'], risk_level)
