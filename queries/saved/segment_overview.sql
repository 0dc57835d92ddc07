-- Segments and their lifetime value
-- How many customers each segment has and what one of them spent on average.
select
    customer_segment,
    count(*) as customers,
    round(avg(total_spent), 2) as average_spent
from analytics.customer_segmentation
group by customer_segment
order by customer_segment
