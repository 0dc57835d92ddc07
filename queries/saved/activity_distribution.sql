-- How active are the customers?
select
    activity_level,
    count(*) as customers,
    round(avg(customer_activity_score), 1) as average_score
from analytics.customer_segmentation
group by activity_level
order by average_score desc
