-- Which hard rules fired?
-- How many customers each rule hit, and what they spent.
select
    rule_hit.name as rule,
    count(*) as customers,
    sum(total_spent) as revenue
from analytics.fraud_analytics
cross join lateral unnest(rule_hits) as rule_hit (name)
group by rule_hit.name
order by customers desc, rule
