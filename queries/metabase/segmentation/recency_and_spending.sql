-- Recency and spending (Customer segmentation)
-- Visualization: pivot table
-- Columns: row recency_score, column monetary_score, value customers
-- Variable segment: Text, optional, one of premium, regular, new (Segment)
-- Variable tier: Text, optional, one of VIP, High Value, Medium Value, Standard (Value tier)
-- Variable level: Text, optional, one of low, medium, high, critical (Risk level)
-- Variable country: Text, optional (Country code)
-- Variable period: Number, optional, one of 30, 90, 365 (Days since the last order)
-- Click behavior: go to the table analytics.customer_segmentation, filtered by recency_score from the column recency_score, monetary_score from the column monetary_score

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
        and true [[and (segments.customer_segment = {{segment}})]]
        and true [[and (segments.value_tier = {{tier}})]]
        and true [[and (segments.risk_level = {{level}})]]
        and true [[and (segments.country_code = {{country}})]]
        and true [[and (segments.last_order_within <= {{period}})]]
group by recency.score, monetary.score
order by recency.score desc, monetary.score
