-- What do customers buy?
-- Revenue by category between two days, the first included.
-- :from = 2000-01-01 | first day
-- :until = 2100-01-01 | the day after the last
select
    category,
    sum(line_total) as revenue,
    sum(quantity) as items,
    count(*) as lines
from analytics.stg_orders
where ordered_at >= :from::timestamptz and ordered_at < :until::timestamptz
group by category
order by revenue desc, category
