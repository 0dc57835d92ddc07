-- High-risk customers
-- Customers at high or critical, the highest score first.
select
    customer_id,
    full_name,
    composite_risk_score,
    risk_level
from analytics.fraud_analytics
where risk_level in ('high', 'critical')
order by composite_risk_score desc, customer_id
