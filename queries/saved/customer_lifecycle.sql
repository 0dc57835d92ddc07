-- Where in their lifecycle are the customers?
select
    lifecycle_stage,
    count(*) as customers,
    sum(total_spent) as revenue
from analytics.customer_segmentation
group by lifecycle_stage
order by min(total_orders)
