-- Scores of 1 to 5 by fifths of the customers: 5 ordered most recently, 5 spent most. Every cell, empty ones too: rows
-- and columns keep their order whatever is filtered.
select
    recency.score as recency_score,
    monetary.score as monetary_score,
    coalesce(sum(segments.customers), 0)::bigint as customers,
    coalesce(sum(segments.total_spent), 0) as revenue
from generate_series(1, 5) as recency (score)
cross join generate_series(1, 5) as monetary (score)
left join analytics.dashboard_segments as segments
    on
        recency.score = segments.recency_score
        and monetary.score = segments.monetary_score
        and (:segment::text is null or segments.customer_segment = :segment)
        and (:tier::text is null or segments.value_tier = :tier)
        and (:level::text is null or segments.risk_level = :level)
        and (:country::text is null or segments.country_code = :country)
        and (:period::integer is null or segments.last_order_within <= :period::integer)
group by recency.score, monetary.score
order by recency.score desc, monetary.score
