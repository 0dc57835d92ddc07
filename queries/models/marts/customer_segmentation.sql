-- Grain: one row per customer, those without orders included. The customer list of the workstation and all
-- other marts read this table, so that the order lines are aggregated once a run.
with metrics as (

    select * from {{ ref('stg_customer_metrics') }}

),

-- What is the same for all. The moment recency is measured from is the end of the UTC day of the latest order, so that it moves once
-- a day and not with every order; never the clock: two builds of the same data must be equal. The values that end the lowest
-- 20, 40, 60 and 80 percent of the customers: scores by cut points give equal customers equal scores, which NTILE does not,
-- and need no tie-breaker. On Citus these sorts run on the coordinator, of one column each.
bounds as (

    select
        coalesce(
            nullif('{{ var("as_of", "") }}', '')::timestamptz,
            date_trunc('day', max(last_order_at), 'UTC') + interval '24 hours'
        ) as as_of,
        percentile_disc(array[0.2, 0.4, 0.6, 0.8]) within group (order by last_order_at) as recency_cuts,
        percentile_disc(array[0.2, 0.4, 0.6, 0.8]) within group (order by total_orders) as frequency_cuts,
        percentile_disc(array[0.2, 0.4, 0.6, 0.8]) within group (order by total_spent) as monetary_cuts
    from metrics

),

rated as (

    select
        metrics.*,
        bounds.as_of,
        greatest(floor(extract(epoch from bounds.as_of - metrics.last_order_at) / 86400), 0)::integer
            as days_since_last_order,
        greatest(floor(extract(epoch from bounds.as_of - metrics.first_order_at) / 86400), 0)::integer
            as days_since_first_order,
        1 + coalesce(
            (metrics.last_order_at > bounds.recency_cuts[1])::integer
            + (metrics.last_order_at > bounds.recency_cuts[2])::integer
            + (metrics.last_order_at > bounds.recency_cuts[3])::integer
            + (metrics.last_order_at > bounds.recency_cuts[4])::integer,
            0
        ) as recency_score,
        1
        + (metrics.total_orders > bounds.frequency_cuts[1])::integer
        + (metrics.total_orders > bounds.frequency_cuts[2])::integer
        + (metrics.total_orders > bounds.frequency_cuts[3])::integer
        + (metrics.total_orders > bounds.frequency_cuts[4])::integer as frequency_score,
        1
        + (metrics.total_spent > bounds.monetary_cuts[1])::integer
        + (metrics.total_spent > bounds.monetary_cuts[2])::integer
        + (metrics.total_spent > bounds.monetary_cuts[3])::integer
        + (metrics.total_spent > bounds.monetary_cuts[4])::integer as monetary_score
    from metrics
    cross join bounds

),

-- An incremental build makes the rows of the touched customers, and of those whom a moved bound gives another value.
due as (

    select rated.*
    from rated
    {% if is_incremental() %}
    left join {{ source('staging', 'touched_customers') }} as touched on rated.customer_id = touched.customer_id
    left join {{ this }} as former on rated.customer_id = former.customer_id
    where
        touched.customer_id is not null
        or former.customer_id is null
        or rated.as_of is distinct from former.as_of
        or rated.recency_score <> former.recency_score
        or rated.frequency_score <> former.frequency_score
        or rated.monetary_score <> former.monetary_score
    {% endif %}

),

scores as (

    select * from {{ source('staging', 'fraud_scores') }}

),

scored as (

    select
        due.*,
        scores.score,
        scores.composite_risk_score::numeric as composite_risk_score,
        scores.risk_level,
        scores.scored_level is not null as level_set_by_hand,
        scores.primary_risk_factor,
        scores.action_required,
        scores.investigation_priority,
        round(
            case
                when due.total_orders > 0
                    then
                        {{ var('activity_recency_points') }}
                        * greatest(
                            0, 1 - due.days_since_last_order / cast({{ var('activity_recency_days') }} as numeric)
                        )
                        + {{ var('activity_orders_points') }}
                        * least(1, due.total_orders / cast({{ var('activity_full_orders') }} as numeric))
                        + {{ var('activity_spent_points') }}
                        * least(1, due.total_spent / cast({{ var('activity_full_spent') }} as numeric))
                else 0
            end,
            1
        )::numeric(4, 1) as customer_activity_score
    from due
    left join scores on due.customer_id = scores.customer_id

)

select
    customer_id,
    full_name,
    email,
    city,
    country,
    country_code,
    profile_completeness,
    case
        when total_spent >= {{ var('premium_spent') }} then 'premium'
        when total_spent >= {{ var('premium_loyal_spent') }} and total_orders >= {{ var('premium_loyal_orders') }}
            then 'premium'
        when total_spent >= {{ var('regular_spent') }} then 'regular'
        when total_spent >= {{ var('regular_loyal_spent') }} and total_orders >= {{ var('regular_loyal_orders') }}
            then 'regular'
        else 'new'
    end as customer_segment,
    case
        when total_spent >= {{ var('vip_spent') }} then 'VIP'
        when total_spent >= {{ var('high_value_spent') }} then 'High Value'
        when total_spent >= {{ var('medium_value_spent') }} then 'Medium Value'
        else 'Standard'
    end as value_tier,
    case
        when total_spent >= {{ var('tier_vip_spent') }} then 'Tier 1 - VIP'
        when total_spent >= {{ var('tier_premium_spent') }} then 'Tier 2 - Premium'
        when total_spent >= {{ var('tier_gold_spent') }} then 'Tier 3 - Gold'
    end as customer_tier,
    case
        when total_orders = 0 then 'No Orders'
        when days_since_last_order > {{ var('lost_after_days') }} then 'Lost Customer'
        when days_since_last_order > {{ var('at_risk_after_days') }} then 'At Risk Customer'
        when days_since_first_order <= {{ var('new_customer_days') }} then 'New Customer'
        else 'Stable'
    end as retention_status,
    case
        when total_orders = 0 then '0 - Prospect'
        when total_orders = 1 then '1 - New'
        when total_orders <= 3 then '2-3 - Growing'
        when total_orders <= 9 then '4-9 - Active'
        else '10+ - Loyal'
    end as lifecycle_stage,
    total_orders,
    total_lines,
    total_items,
    total_spent,
    avg_order_value,
    largest_order,
    first_order_at,
    last_order_at,
    days_since_last_order,
    customer_activity_score,
    case
        when customer_activity_score >= 75 then 'Very Active'
        when customer_activity_score >= 50 then 'Active'
        when customer_activity_score >= 25 then 'Moderate'
        else 'Low Activity'
    end as activity_level,
    recency_score,
    frequency_score,
    monetary_score,
    score,
    composite_risk_score,
    risk_level,
    level_set_by_hand,
    primary_risk_factor,
    action_required,
    investigation_priority,
    has_synthetic_times,
    as_of
from scored
