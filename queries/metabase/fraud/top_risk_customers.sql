-- Top 20 risk customers (Fraud)
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
    risk_level,
    level_set_by_hand,
    composite_risk_score,
    score,
    primary_risk_factor,
    action_required,
    investigation_priority,
    total_spent
from analytics.fraud_analytics
where
    score is not null
    and true [[and (customer_segment = {{segment}})]]
    and true [[and (value_tier = {{tier}})]]
    and true [[and (risk_level = {{level}})]]
    and true [[and (country_code = {{country}})]]
    and true [[and (days_since_last_order <= {{period}})]]
order by score desc, customer_id
limit 20
