-- Where do the customers live?
-- Customers, revenue and the share at high or critical risk by country.
select
    coalesce(country_code, 'unknown') as country_code,
    count(*) as customers,
    sum(total_spent) as revenue,
    round(100.0 * count(*) filter (where risk_level in ('high', 'critical')) / count(*), 1) as high_risk_percent
from analytics.customer_segmentation
group by country_code
order by customers desc, country_code
