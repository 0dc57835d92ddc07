-- How do segments and value tiers relate?
select
    customer_segment,
    value_tier,
    count(*) as customers,
    sum(total_spent) as revenue,
    round(avg(customer_activity_score), 1) as average_activity
from analytics.customer_segmentation
group by customer_segment, value_tier
order by revenue desc, customer_segment, value_tier
