-- Customers by level, the last 30 runs (Trends)
-- Visualization: row chart, stacked
-- Columns: label run, part risk_level, value customers

-- Customers at each level as the last thirty runs published them, the newest first.
with newest as (
    select distinct run_id from analytics.run_trends
    order by run_id desc
    limit 30
)

select
    to_char(trends.published_at at time zone 'UTC', 'MM-DD HH24:MI') || ' run ' || trends.run_id as run,
    trends.risk_level,
    trends.customers
from analytics.run_trends as trends
inner join newest on trends.run_id = newest.run_id
order by trends.run_id desc, array_position(array['critical', 'high', 'medium', 'low'], trends.risk_level)
