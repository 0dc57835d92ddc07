-- Fraud metrics (Fraud)
-- Visualization: one number card a column
-- Variable segment: Text, optional, one of premium, regular, new (Segment)
-- Variable tier: Text, optional, one of VIP, High Value, Medium Value, Standard (Value tier)
-- Variable level: Text, optional, one of low, medium, high, critical (Risk level)
-- Variable country: Text, optional (Country code)
-- Variable period: Number, optional, one of 30, 90, 365 (Days since the last order)

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
    true [[and (customer_segment = {{segment}})]]
    and true [[and (value_tier = {{tier}})]]
    and true [[and (risk_level = {{level}})]]
    and true [[and (country_code = {{country}})]]
    and true [[and (last_order_within <= {{period}})]]
