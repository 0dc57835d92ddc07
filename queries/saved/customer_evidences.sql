-- Why does a customer score so high?
-- The reasons, the largest contribution first.
-- :customer_id = 1 | whose reasons
select
    evidence.value ->> 'factor' as factor,
    evidence.value ->> 'name' as statistic,
    (evidence.value ->> 'contribution')::numeric as contribution,
    evidence.value ->> 'text' as reason
from analytics.fraud_analytics as risk
cross join lateral jsonb_array_elements(risk.evidences) with ordinality as evidence (value, position)
where risk.customer_id = :customer_id::bigint
order by evidence.position
