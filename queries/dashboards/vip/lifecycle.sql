select
    lifecycle_stage,
    sum(customers)::bigint as customers,
    sum(total_spent) as revenue,
    round(sum(total_spent) / sum(customers), 2) as average
from analytics.dashboard_segments
group by lifecycle_stage
order by array_position(
    array['0 - Prospect', '1 - New', '2-3 - Growing', '4-9 - Active', '10+ - Loyal'], lifecycle_stage
)
