-- Average score by factor (Fraud)
-- Visualization: row chart
-- Columns: label factor, value average_score
-- Variable segment: Text, optional, one of premium, regular, new (Segment)
-- Variable tier: Text, optional, one of VIP, High Value, Medium Value, Standard (Value tier)
-- Variable level: Text, optional, one of low, medium, high, critical (Risk level)
-- Variable country: Text, optional (Country code)
-- Variable period: Number, optional, one of 30, 90, 365 (Days since the last order)
-- Click behavior: go to the table analytics.customer_segmentation, filtered by primary_risk_factor from the column factor

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
        true [[and (risk.customer_segment = {{segment}})]]
        and true [[and (risk.value_tier = {{tier}})]]
        and true [[and (risk.risk_level = {{level}})]]
        and true [[and (risk.country_code = {{country}})]]
        and true [[and (risk.last_order_within <= {{period}})]]
    group by each_factor.factor

)

select
    factor,
    round(average_score, 4) as average_score,
    evaluated,
    primary_for
from factors
order by average_score desc nulls last, factor
