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
        and (:segment::text is null or segments.customer_segment = :segment)
        and (:tier::text is null or segments.value_tier = :tier)
        and (:level::text is null or segments.risk_level = :level)
        and (:country::text is null or segments.country_code = :country)
        and (:period::integer is null or segments.last_order_within <= :period::integer)
group by segment.name, segment.position, tier.name, tier.position
order by segment.position, tier.position
