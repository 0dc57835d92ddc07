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
        and (:segment::text is null or segments.customer_segment = :segment)
        and (:tier::text is null or segments.value_tier = :tier)
        and (:level::text is null or segments.risk_level = :level)
        and (:country::text is null or segments.country_code = :country)
        and (:period::integer is null or segments.last_order_within <= :period::integer)
group by tier.name, retention.name, retention.position
order by tier.name, retention.position
