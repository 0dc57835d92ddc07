with factors as (

    select
        factor,
        sum(score_sum) / nullif(sum(evaluated), 0) as average_score,
        sum(evaluated)::bigint as evaluated,
        coalesce(sum(customers) filter (where primary_risk_factor = factor), 0)::bigint as primary_for
    from analytics.dashboard_risk
    cross join lateral (
        values
        ('velocity', velocity_sum, velocity_evaluated),
        ('geographic', geographic_sum, geographic_evaluated),
        ('behavioural', behavioural_sum, behavioural_evaluated),
        ('profile', profile_sum, profile_evaluated),
        ('amount', amount_sum, amount_evaluated),
        ('temporal', temporal_sum, temporal_evaluated)
    ) as each_factor (factor, score_sum, evaluated)
    where
        (:segment::text is null or customer_segment = :segment)
        and (:tier::text is null or value_tier = :tier)
        and (:level::text is null or risk_level = :level)
        and (:country::text is null or country_code = :country)
    group by factor

)

select
    factor,
    round(average_score, 4) as average_score,
    evaluated,
    primary_for
from factors
order by average_score desc nulls last, factor
