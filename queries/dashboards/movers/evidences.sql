-- Which reasons of a customer's score came, went, grew or shrank. Those of scores below 0.15 are not kept.
with former as (
    select evidences from analytics.risk_history
    where customer_id = :customer_id::bigint and run_id <= analytics.run_before(:since::date)
    order by run_id desc
    limit 1
),

latest as (
    select evidences from analytics.risk_history
    where customer_id = :customer_id::bigint
    order by run_id desc
    limit 1
),

before as (
    select
        e ->> 'name' as name,
        e ->> 'factor' as factor,
        (e ->> 'contribution')::float8 as contribution,
        e ->> 'text' as reason
    from former cross join lateral jsonb_array_elements(former.evidences) as e
),

now as (
    select
        e ->> 'name' as name,
        e ->> 'factor' as factor,
        (e ->> 'contribution')::float8 as contribution,
        e ->> 'text' as reason
    from latest cross join lateral jsonb_array_elements(latest.evidences) as e
)

select
    case
        when before.name is null then 'new'
        when now.name is null then 'gone'
        when now.contribution > before.contribution then 'more'
        when now.contribution < before.contribution then 'less'
        else 'same'
    end as what,
    round((coalesce(now.contribution, 0) - coalesce(before.contribution, 0))::numeric, 2) as change,
    round(before.contribution::numeric, 2) as before,
    round(now.contribution::numeric, 2) as now,
    coalesce(now.factor, before.factor) as factor,
    coalesce(now.reason, before.reason) as reason,
    coalesce(now.name, before.name) as evidence
from before
full join now on before.name = now.name
order by abs(coalesce(now.contribution, 0) - coalesce(before.contribution, 0)) desc, evidence
