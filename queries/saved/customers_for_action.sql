-- Customers that call for action
-- Blocks and manual reviews by priority, then score.
-- :limit = 10 | how many customers
select
    customer_id,
    full_name,
    email,
    risk_level,
    composite_risk_score,
    action_required,
    investigation_priority,
    total_spent
from analytics.fraud_analytics
where action_required in ('BLOCK_IMMEDIATELY', 'MANUAL_REVIEW')
order by investigation_priority, score desc, customer_id
limit :limit::integer
