-- Grain: one row per customer. An incremental build makes the rows of the touched customers, and of those for whom days have passed.
with customers as (

    select * from {{ ref('customer_segmentation') }}

),

scores as (

    select * from {{ source('staging', 'fraud_scores') }}

)

select
    customers.customer_id,
    customers.full_name,
    customers.email,
    customers.country,
    customers.country_code,
    customers.customer_segment,
    customers.value_tier,
    customers.total_orders,
    customers.total_spent,
    customers.last_order_at,
    customers.days_since_last_order,
    scores.score,
    scores.composite_risk_score::numeric as composite_risk_score,
    scores.risk_level,
    scores.scored_level is not null as level_set_by_hand,
    scores.scored_level,
    scores.level_set_by,
    scores.level_set_until,
    scores.velocity_score::numeric as velocity_score,
    scores.geographic_score::numeric as geographic_score,
    scores.behavioural_score::numeric as behavioural_score,
    scores.profile_score::numeric as profile_score,
    scores.amount_score::numeric as amount_score,
    scores.temporal_score::numeric as temporal_score,
    scores.primary_risk_factor,
    scores.action_required,
    scores.investigation_priority,
    scores.evidences,
    scores.rule_hits,
    cardinality(scores.rule_hits) as rule_hit_count,
    scores.ruleset_version,
    scores.run_id
from customers
left join scores on customers.customer_id = scores.customer_id
{% if is_incremental() %}
left join {{ source('staging', 'touched_customers') }} as touched on customers.customer_id = touched.customer_id
left join {{ this }} as former on customers.customer_id = former.customer_id
where
    touched.customer_id is not null
    or former.customer_id is null
    or customers.days_since_last_order is distinct from former.days_since_last_order
{% endif %}
