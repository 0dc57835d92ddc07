-- Whose risk moved most in the latest scoring?
with latest as (
    select max(run_id) as run_id from analytics.risk_history
),

scored as (
    select
        customer_id,
        run_id,
        score,
        risk_level,
        lag(score) over (partition by customer_id order by run_id) as score_before,
        lag(risk_level) over (partition by customer_id order by run_id) as level_before
    from analytics.risk_history
)

select
    scored.customer_id,
    scored.level_before,
    scored.risk_level,
    round(scored.score_before::numeric, 1) as score_before,
    round(scored.score::numeric, 1) as score,
    round((scored.score - scored.score_before)::numeric, 1) as change
from scored
inner join latest on scored.run_id = latest.run_id
where scored.score_before is not null
order by abs(scored.score - scored.score_before) desc, scored.customer_id asc
limit 200
