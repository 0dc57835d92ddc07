-- Which hard rules fired?
-- How many customers each rule hit, and what they spent.
select
    rule_hit.name as rule,
    count(*) as customers,
    sum(risk.total_spent) as revenue
from analytics.fraud_analytics as risk
cross join lateral unnest(risk.rule_hits) as rule_hit (name)
group by rule_hit.name
order by customers desc, rule
