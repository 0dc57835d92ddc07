-- Revenue by segment and tier
-- Customers, revenue and revenue per customer of every segment and value tier.
select
    customer_segment,
    value_tier,
    count(*) as customers,
    sum(total_spent) as total_revenue,
    round(avg(total_spent), 2) as average_revenue
from analytics.customer_segmentation
group by customer_segment, value_tier
order by total_revenue desc, customer_segment, value_tier
