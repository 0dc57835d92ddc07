with high_value as (

    select
        retention_status,
        sum(total_spent) as revenue,
        coalesce(round(sum(total_spent) / nullif(sum(sum(total_spent)) over (), 0), 4), 0) as share,
        sum(customers)::bigint as customers
    from analytics.dashboard_segments
    where customer_tier is not null
    group by retention_status

)

select
    retention_status,
    revenue,
    share,
    customers
from high_value
where retention_status in ('At Risk Customer', 'Lost Customer')
order by revenue desc, retention_status
