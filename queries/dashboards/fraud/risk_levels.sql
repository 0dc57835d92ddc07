select
    risk_level,
    sum(customers)::bigint as customers,
    round(sum(customers) / sum(sum(customers)) over (), 4) as share,
    round(sum(composite_sum) / nullif(sum(scored), 0), 4) as average_score,
    sum(total_spent) as revenue
from analytics.dashboard_risk
group by risk_level
order by array_position(array['critical', 'high', 'medium', 'low'], risk_level)
