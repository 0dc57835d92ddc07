-- Who are the top customers?
-- The customers who spent most, in one country or in all.
-- :limit = 10 | how many customers
-- :country = | ISO code of a country, empty for all
select
    customer_id,
    full_name,
    country,
    customer_segment,
    total_spent,
    total_orders
from analytics.customer_segmentation
where nullif(:country::text, '') is null or country_code = upper(:country)
order by total_spent desc, customer_id
limit :limit::integer
