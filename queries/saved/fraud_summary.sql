-- How large is the fraud problem?
select
    count(*) as total_analysed,
    count(*) filter (where risk_level in ('high', 'critical')) as high_risk,
    round(100.0 * count(*) filter (where risk_level in ('high', 'critical')) / nullif(count(*), 0), 1)
        as high_risk_percent,
    round(avg(composite_risk_score), 3) as average_score
from analytics.fraud_analytics
