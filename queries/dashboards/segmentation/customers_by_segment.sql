select
    customer_segment,
    sum(customers)::bigint as customers,
    round(sum(customers) / sum(sum(customers)) over (), 4) as share,
    sum(total_spent) as revenue
from analytics.dashboard_segments
group by customer_segment
order by array_position(array['premium', 'regular', 'new'], customer_segment)
