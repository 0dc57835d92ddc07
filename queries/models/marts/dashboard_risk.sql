-- Grain: one row per combination of the classes below that has customers. What the fraud dashboard sums up.
-- A factor that was not evaluated for a customer counts in neither its sum nor its evaluated column.
with customers as (

    select * from {{ ref('fraud_analytics') }}

)

select
    risk_level,
    primary_risk_factor,
    action_required,
    customer_segment,
    value_tier,
    country_code,
    case
        when days_since_last_order <= 30 then 30
        when days_since_last_order <= 90 then 90
        when days_since_last_order <= 365 then 365
        when days_since_last_order is not null then 100000
    end as last_order_within,
    count(*) as customers,
    count(composite_risk_score) as scored,
    count(*) filter (where rule_hit_count > 0) as with_rule_hits,
    sum(total_spent) as total_spent,
    sum(composite_risk_score) as composite_sum,
    sum(velocity_score) as velocity_sum,
    count(velocity_score) as velocity_evaluated,
    sum(geographic_score) as geographic_sum,
    count(geographic_score) as geographic_evaluated,
    sum(behavioural_score) as behavioural_sum,
    count(behavioural_score) as behavioural_evaluated,
    sum(profile_score) as profile_sum,
    count(profile_score) as profile_evaluated,
    sum(amount_score) as amount_sum,
    count(amount_score) as amount_evaluated,
    sum(temporal_score) as temporal_sum,
    count(temporal_score) as temporal_evaluated
from customers
group by
    risk_level,
    primary_risk_factor,
    action_required,
    customer_segment,
    value_tier,
    country_code,
    last_order_within
