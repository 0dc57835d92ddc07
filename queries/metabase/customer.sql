-- One customer: where a click on a row of customers leads.
-- Visualization: object detail
-- Variable customer_id: Text, required

select *
from analytics.customer_segmentation
where customer_id::text = {{customer_id}}
