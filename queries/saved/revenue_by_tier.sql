-- How much revenue comes from each value tier?
select
    value_tier,
    sum(total_spent) as total_revenue,
    count(*) as customers
from analytics.customer_segmentation
group by value_tier
order by total_revenue desc, value_tier
