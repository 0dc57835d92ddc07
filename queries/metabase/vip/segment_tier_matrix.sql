-- Segments and value tiers (High value customers)
-- Visualization: pivot table
-- Columns: row customer_segment, column value_tier, value customers
-- Variable segment: Text, optional, one of premium, regular, new (Segment)
-- Variable tier: Text, optional, one of VIP, High Value, Medium Value, Standard (Value tier)
-- Variable level: Text, optional, one of low, medium, high, critical (Risk level)
-- Variable country: Text, optional (Country code)
-- Variable period: Number, optional, one of 30, 90, 365 (Days since the last order)
-- Click behavior: go to the table analytics.customer_segmentation, filtered by customer_segment from the column customer_segment, value_tier from the column value_tier

-- Every cell, empty ones too: rows and columns keep their order whatever is filtered.
select
    segment.name as customer_segment,
    tier.name as value_tier,
    coalesce(sum(segments.customers), 0)::bigint as customers,
    coalesce(sum(segments.total_spent), 0) as revenue,
    round(sum(segments.activity_score_sum) / nullif(sum(segments.customers), 0), 1) as average_activity
from unnest(array['premium', 'regular', 'new']) with ordinality as segment (name, position)
cross join
    unnest(array['VIP', 'High Value', 'Medium Value', 'Standard']) with ordinality as tier (name, position)
left join analytics.dashboard_segments as segments
    on
        segment.name = segments.customer_segment
        and tier.name = segments.value_tier
        and true [[and (segments.customer_segment = {{segment}})]]
        and true [[and (segments.value_tier = {{tier}})]]
        and true [[and (segments.risk_level = {{level}})]]
        and true [[and (segments.country_code = {{country}})]]
        and true [[and (segments.last_order_within <= {{period}})]]
group by segment.name, segment.position, tier.name, tier.position
order by segment.position, tier.position
