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
    and (:segment::text is null or customer_segment = :segment)
    and (:tier::text is null or value_tier = :tier)
    and (:level::text is null or risk_level = :level)
    and (:country::text is null or country_code = :country)
    and (:period::integer is null or days_since_last_order <= :period::integer)
order by score desc, customer_id
limit 20
