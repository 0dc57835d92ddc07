select
    customer_id,
    full_name,
    risk_level,
    composite_risk_score,
    score,
    primary_risk_factor,
    action_required,
    investigation_priority,
    total_spent
from analytics.fraud_analytics
where score is not null
order by score desc, customer_id
limit 20
