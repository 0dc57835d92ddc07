-- High value customers whose last order is long ago; the share is of the revenue of all high value customers.
with high_value as (

    select
        retention_status,
        customer_tier,
        sum(total_spent) as revenue,
        coalesce(round(sum(total_spent) / nullif(sum(sum(total_spent)) over (), 0), 4), 0) as share,
        sum(customers)::bigint as customers
    from analytics.dashboard_segments
    where
        customer_tier is not null
        and (:segment::text is null or customer_segment = :segment)
        and (:tier::text is null or value_tier = :tier)
        and (:level::text is null or risk_level = :level)
        and (:country::text is null or country_code = :country)
        and (:period::integer is null or last_order_within <= :period::integer)
    group by retention_status, customer_tier

)

select
    retention_status,
    customer_tier,
    revenue,
    share,
    customers
from high_value
where retention_status in ('At Risk Customer', 'Lost Customer')
order by retention_status, customer_tier
