select
    value_tier,
    sum(total_spent) as revenue,
    coalesce(round(sum(total_spent) / nullif(sum(sum(total_spent)) over (), 0), 4), 0) as share,
    sum(customers)::bigint as customers,
    round(sum(total_spent) / sum(customers), 2) as average
from analytics.dashboard_segments
group by value_tier
order by array_position(array['VIP', 'High Value', 'Medium Value', 'Standard'], value_tier)
