with factors as (

    select
        each_factor.factor,
        sum(each_factor.score_sum) / nullif(sum(each_factor.evaluated), 0) as average_score,
        sum(each_factor.evaluated)::bigint as evaluated,
        coalesce(sum(risk.customers) filter (where risk.primary_risk_factor = each_factor.factor), 0)::bigint
            as primary_for
    from analytics.dashboard_risk as risk
    cross join
        lateral (
            values
            ('velocity', risk.velocity_sum, risk.velocity_evaluated),
            ('geographic', risk.geographic_sum, risk.geographic_evaluated),
            ('behavioural', risk.behavioural_sum, risk.behavioural_evaluated),
            ('profile', risk.profile_sum, risk.profile_evaluated),
            ('amount', risk.amount_sum, risk.amount_evaluated),
            ('temporal', risk.temporal_sum, risk.temporal_evaluated)
        ) as each_factor (factor, score_sum, evaluated)
    where
        (:segment::text is null or risk.customer_segment = :segment)
        and (:tier::text is null or risk.value_tier = :tier)
        and (:level::text is null or risk.risk_level = :level)
        and (:country::text is null or risk.country_code = :country)
        and (:period::integer is null or risk.last_order_within <= :period::integer)
    group by each_factor.factor

)

select
    factor,
    round(average_score, 4) as average_score,
    evaluated,
    primary_for
from factors
order by average_score desc nulls last, factor
