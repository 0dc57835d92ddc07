-- Grain: one row per customer. An incremental build makes the rows of the touched customers, or of all where days are counted to
-- another moment than before, which is the same for all. The array: see customer_segmentation.
with {% if is_incremental() %}
due as (

    select unnest(array(
        select touched.customer_id from {{ source('staging', 'touched_customers') }} as touched
        union
        select counted.customer_id
        from {{ ref('customer_segmentation') }} as counted
        where
            -- Any row will do.
            (select one.as_of from {{ ref('customer_segmentation') }} as one limit 1) -- noqa: AM09
            is distinct from (select former.as_of from {{ this }} as former limit 1) -- noqa: AM09
    )) as customer_id

),
{% endif %}

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
    scores.run_id,
    customers.as_of
from {{ ref('customer_segmentation') }} as customers
{% if is_incremental() %}
inner join due on customers.customer_id = due.customer_id
{% endif %}
left join scores on customers.customer_id = scores.customer_id
