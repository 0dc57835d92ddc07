-- How many customers the order lines are of, as a share of the lines: a sample of a large table sees most customers once and takes
-- them for a few that have many lines each, so that the lines of one customer in a hundred would be looked for in the whole table.
do $$
begin
  alter table staging.raw_orders alter column customer_id set (n_distinct = -0.1);
exception when feature_not_supported then
  -- Citus knows no such setting of a table in parts: its nodes go by their samples.
  null;
end
$$;
analyze staging.raw_orders;

-- The same answer as before, planned with the numbers of the runs in hand: between two runs most scores stand still, and the rows
-- of the runs in between are found by their index instead of by reading the whole history. No join of two parts whose sizes the
-- planner cannot know: it would compare each with each.
create or replace function analytics.score_changes(since date)
returns table (
  customer_id bigint, score_before double precision, level_before text, score_now double precision, level_now text)
language plpgsql stable rows 10000
set plan_cache_mode = force_custom_plan
set search_path = pg_catalog, pg_temp
as $$
declare
  former_run bigint := analytics.run_before(since);
  newest_run bigint := (select max(t.run_id) from analytics.run_trends t);
  newest_source text := (select r.source from monitoring.runs r where r.run_id = newest_run);
begin
  return query
  with latest as materialized (
    select distinct on (h.customer_id) h.customer_id, h.score, h.risk_level
    from analytics.risk_history h
    where h.run_id > former_run and h.run_id <= newest_run
    order by h.customer_id, h.run_id desc
  ), former as materialized (
    select distinct on (h.customer_id) h.customer_id, h.score, h.risk_level
    from latest l inner join analytics.risk_history h on h.customer_id = l.customer_id
    left join monitoring.runs r on r.run_id = h.run_id
    -- Two sources may call different people by the same id.
    where h.run_id <= former_run and r.source is not distinct from newest_source
    order by h.customer_id, h.run_id desc
  ), scores as (
    select l.customer_id, l.score, l.risk_level, true as is_now from latest l
    union all
    select f.customer_id, f.score, f.risk_level, false from former f
  )
  select s.customer_id, max(s.score) filter (where not s.is_now), max(s.risk_level) filter (where not s.is_now),
    max(s.score) filter (where s.is_now), max(s.risk_level) filter (where s.is_now)
  from scores s group by s.customer_id;
end
$$;
