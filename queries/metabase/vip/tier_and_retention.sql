-- Customers by tier and retention (High value customers)
-- Visualization: pivot table
-- Columns: row customer_tier, column retention_status, value customers
-- Variable segment: Text, optional, one of premium, regular, new (Segment)
-- Variable tier: Text, optional, one of VIP, High Value, Medium Value, Standard (Value tier)
-- Variable level: Text, optional, one of low, medium, high, critical (Risk level)
-- Variable country: Text, optional (Country code)
-- Variable period: Number, optional, one of 30, 90, 365 (Days since the last order)
-- Click behavior: go to the table analytics.customer_segmentation, filtered by customer_tier from the column customer_tier, retention_status from the column retention_status

-- Every cell, empty ones too: rows and columns keep their order whatever is filtered.
select
    tier.name as customer_tier,
    retention.name as retention_status,
    coalesce(sum(segments.customers), 0)::bigint as customers,
    coalesce(sum(segments.total_spent), 0) as revenue
from unnest(array['Tier 1 - VIP', 'Tier 2 - Premium', 'Tier 3 - Gold']) as tier (name)
cross join
    unnest(array['New Customer', 'Stable', 'At Risk Customer', 'Lost Customer'])
    with ordinality as retention (name, position)
left join analytics.dashboard_segments as segments
    on
        tier.name = segments.customer_tier
        and retention.name = segments.retention_status
        and true [[and (segments.customer_segment = {{segment}})]]
        and true [[and (segments.value_tier = {{tier}})]]
        and true [[and (segments.risk_level = {{level}})]]
        and true [[and (segments.country_code = {{country}})]]
        and true [[and (segments.last_order_within <= {{period}})]]
group by tier.name, retention.name, retention.position
order by tier.name, retention.position
