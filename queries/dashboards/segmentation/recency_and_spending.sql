-- Scores of 1 to 5 by fifths of the customers: 5 ordered most recently, 5 spent most.
select
    recency_score,
    monetary_score,
    sum(customers)::bigint as customers,
    sum(total_spent) as revenue
from analytics.dashboard_segments
where
    (:segment::text is null or customer_segment = :segment)
    and (:tier::text is null or value_tier = :tier)
    and (:level::text is null or risk_level = :level)
    and (:country::text is null or country_code = :country)
group by recency_score, monetary_score
order by recency_score desc, monetary_score
