-- Which risk factors weigh most?
-- Average score of each factor over the customers for whom it was evaluated.
select
    each_factor.factor,
    round(avg(each_factor.score), 3) as average_score,
    count(each_factor.score) as evaluated
from analytics.fraud_analytics as risk
cross join
    lateral (
        values
        ('velocity', risk.velocity_score),
        ('geographic', risk.geographic_score),
        ('behavioural', risk.behavioural_score),
        ('profile', risk.profile_score),
        ('amount', risk.amount_score),
        ('temporal', risk.temporal_score)
    ) as each_factor (factor, score)
group by each_factor.factor
order by average_score desc nulls last, each_factor.factor
