-- Grain: one row per customer, those without orders included. The customer list of the workstation and all
-- other marts read this table, so that the order lines are aggregated once a run.
--
-- What is the same for all stands in bounds. The moment recency is measured from is the end of the UTC day of the latest order, so
-- that it moves once a day and not with every order; never the clock: two builds of the same data must be equal. The values that end
-- the lowest 20, 40, 60 and 80 percent of the customers: scores by cut points give equal customers equal scores, which NTILE does
-- not, and need no tie-breaker. On Citus these sorts run on the coordinator, of one column each.
with bounds as (

    select
        coalesce(
            nullif('{{ var("as_of", "") }}', '')::timestamptz,
            date_trunc('day', max(last_order_at), 'UTC') + interval '24 hours'
        ) as as_of,
        percentile_disc(array[0.2, 0.4, 0.6, 0.8]) within group (order by last_order_at) as recency_cuts,
        percentile_disc(array[0.2, 0.4, 0.6, 0.8]) within group (order by total_orders) as frequency_cuts,
        percentile_disc(array[0.2, 0.4, 0.6, 0.8]) within group (order by total_spent) as monetary_cuts
    from {{ ref('stg_customer_metrics') }}

),

{% if is_incremental() %}
-- An incremental build makes the rows of the touched customers, and of those whom a moved bound gives another value: what they are
-- measured by stands in their former rows. As an array, because the planner takes what comes out of one for short and looks it up,
-- where for a list of unknown length it would read all scores.
due as (

    select unnest(array(
        select touched.customer_id from {{ source('staging', 'touched_customers') }} as touched
        union
        select former.customer_id
        from {{ this }} as former
        cross join bounds
        where
            former.as_of is distinct from bounds.as_of
            or former.recency_score
            <> coalesce({{ fifth_by_cuts('former.last_order_at', 'bounds.recency_cuts') }}, 1)
            or former.frequency_score <> {{ fifth_by_cuts('former.total_orders', 'bounds.frequency_cuts') }}
            or former.monetary_score <> {{ fifth_by_cuts('former.total_spent', 'bounds.monetary_cuts') }}
    )) as customer_id

),
{% endif %}

rated as (

    select
        metrics.*,
        bounds.as_of,
        greatest(floor(extract(epoch from bounds.as_of - metrics.last_order_at) / 86400), 0)::integer
            as days_since_last_order,
        greatest(floor(extract(epoch from bounds.as_of - metrics.first_order_at) / 86400), 0)::integer
            as days_since_first_order,
        coalesce({{ fifth_by_cuts('metrics.last_order_at', 'bounds.recency_cuts') }}, 1) as recency_score,
        {{ fifth_by_cuts('metrics.total_orders', 'bounds.frequency_cuts') }} as frequency_score,
        {{ fifth_by_cuts('metrics.total_spent', 'bounds.monetary_cuts') }} as monetary_score
    from {{ ref('stg_customer_metrics') }} as metrics
    {% if is_incremental() %}
    inner join due on metrics.customer_id = due.customer_id
    {% endif %}
    cross join bounds

),

scores as (

    select * from {{ source('staging', 'fraud_scores') }}

),

scored as (

    select
        rated.*,
        scores.score,
        scores.composite_risk_score::numeric as composite_risk_score,
        scores.risk_level,
        scores.scored_level is not null as level_set_by_hand,
        scores.primary_risk_factor,
        scores.action_required,
        scores.investigation_priority,
        round(
            case
                when rated.total_orders > 0
                    then
                        {{ var('activity_recency_points') }}
                        * greatest(
                            0, 1 - rated.days_since_last_order / cast({{ var('activity_recency_days') }} as numeric)
                        )
                        + {{ var('activity_orders_points') }}
                        * least(1, rated.total_orders / cast({{ var('activity_full_orders') }} as numeric))
                        + {{ var('activity_spent_points') }}
                        * least(1, rated.total_spent / cast({{ var('activity_full_spent') }} as numeric))
                else 0
            end,
            1
        )::numeric(4, 1) as customer_activity_score
    from rated
    left join scores on rated.customer_id = scores.customer_id

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
