-- Which customers carry the highest risk?
-- :limit = 20 | how many customers
select
    customer_id,
    full_name,
    risk_level,
    round(composite_risk_score, 3) as composite_risk_score,
    primary_risk_factor,
    action_required,
    total_spent
from analytics.fraud_analytics
where score is not null
order by score desc, customer_id
limit :limit::integer
