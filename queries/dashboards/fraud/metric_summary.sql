select
    coalesce(sum(scored), 0)::bigint as customers_scored,
    coalesce(sum(scored) filter (where risk_level in ('high', 'critical')), 0)::bigint as high_or_critical,
    round(coalesce(sum(scored) filter (where risk_level in ('high', 'critical')), 0) / nullif(sum(scored), 0), 4)
        as high_risk_share,
    round(sum(composite_sum) / nullif(sum(scored), 0), 4) as average_score,
    coalesce(sum(with_rule_hits), 0)::bigint as rule_hits,
    coalesce(sum(total_spent) filter (where risk_level in ('high', 'critical')), 0) as revenue_at_high_risk
from analytics.dashboard_risk
