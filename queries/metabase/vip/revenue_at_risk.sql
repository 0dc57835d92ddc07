-- Revenue at risk of being lost (High value customers)
-- Visualization: row chart, stacked
-- Columns: label retention_status, part customer_tier, value revenue
-- Variable segment: Text, optional, one of premium, regular, new (Segment)
-- Variable tier: Text, optional, one of VIP, High Value, Medium Value, Standard (Value tier)
-- Variable level: Text, optional, one of low, medium, high, critical (Risk level)
-- Variable country: Text, optional (Country code)
-- Variable period: Number, optional, one of 30, 90, 365 (Days since the last order)
-- Click behavior: go to the table analytics.customer_segmentation, filtered by retention_status from the column retention_status, customer_tier from the column customer_tier

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
        and true [[and (customer_segment = {{segment}})]]
        and true [[and (value_tier = {{tier}})]]
        and true [[and (risk_level = {{level}})]]
        and true [[and (country_code = {{country}})]]
        and true [[and (last_order_within <= {{period}})]]
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
