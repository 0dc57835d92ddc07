-- Whose risk moved most in the latest scoring?
with latest as (
    select max(run_id) as run_id from analytics.risk_history
),

scored as (
    select
        history.customer_id,
        history.run_id,
        history.score,
        history.risk_level,
        -- Two sources may call different people by the same id.
        lag(history.score) over of_source as score_before,
        lag(history.risk_level) over of_source as level_before
    from analytics.risk_history as history -- the window names the runs joined here
    left join monitoring.runs as runs on history.run_id = runs.run_id -- noqa: ST11
    window of_source as (partition by history.customer_id, runs.source order by history.run_id)
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
