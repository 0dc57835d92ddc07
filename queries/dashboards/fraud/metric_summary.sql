select
    coalesce(sum(scored), 0)::bigint as customers_scored,
    coalesce(sum(scored) filter (where risk_level in ('high', 'critical')), 0)::bigint as high_or_critical,
    round(coalesce(sum(scored) filter (where risk_level in ('high', 'critical')), 0) / nullif(sum(scored), 0), 4)
        as high_risk_share,
    round(sum(composite_sum) / nullif(sum(scored), 0), 4) as average_score,
    coalesce(sum(with_rule_hits), 0)::bigint as rule_hits,
    coalesce(sum(total_spent) filter (where risk_level in ('high', 'critical')), 0) as revenue_at_high_risk
from analytics.dashboard_risk
where
    (:segment::text is null or customer_segment = :segment)
    and (:tier::text is null or value_tier = :tier)
    and (:level::text is null or risk_level = :level)
    and (:country::text is null or country_code = :country)
    and (:period::integer is null or last_order_within <= :period::integer)
