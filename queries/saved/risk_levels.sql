-- How are the customers spread over the risk levels?
select
    risk_level,
    count(*) as customers,
    round(avg(composite_risk_score), 3) as average_score
from analytics.fraud_analytics
group by risk_level
order by average_score desc
