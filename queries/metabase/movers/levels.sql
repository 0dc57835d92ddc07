-- From level to level, where the score changed (Movers)
-- Visualization: pivot table
-- Columns: row before, column now, value customers
-- Variable since: Text, optional (Since a day (2026-01-31), else since the run before)

-- How many went from which level to which; those whose score did not change are not in it.
with levels as (
    select * from unnest(array['critical', 'high', 'medium', 'low']) with ordinality as l (name, place)
),

changes as (
    select
        level_before as before,
        level_now as now,
        customers
    from analytics.movers(coalesce([[{{since}},]] null)::date)
    where list = 'levels'
)

select
    before.name as before,
    now.name as now,
    coalesce(changes.customers, 0) as customers
from levels as before
cross join levels as now
left join changes on before.name = changes.before and now.name = changes.now
order by before.place, now.place
