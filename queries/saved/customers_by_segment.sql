-- How many customers has each segment?
select
    customer_segment,
    count(*) as customers
from analytics.customer_segmentation
group by customer_segment
order by customers desc, customer_segment
