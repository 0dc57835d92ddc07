-- Whose profile is incomplete?
-- Customers by what they spent whose profile is complete to a share at most.
-- :at_most = 0.8 | share of name, e-mail, phone, city and country that is known
-- :limit = 50 | how many customers
select
    customer_id,
    full_name,
    profile_completeness,
    total_spent,
    risk_level
from analytics.customer_segmentation
where profile_completeness <= :at_most::numeric
order by total_spent desc, customer_id
limit :limit::integer
