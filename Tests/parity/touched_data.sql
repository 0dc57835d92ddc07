-- Some customers change between two builds, and one comes: what loads and scorings of riskdeck list as touched.
truncate staging.touched_customers;
update staging.raw_orders set price = price + 1000, line_total = round((price + 1000) * quantity * (100 - discount) / 100, 2)
where customer_id in (3, 5);
update staging.raw_customers set city = 'Porto' where customer_id = 7;
update staging.fraud_scores set score = score + 1 where customer_id = 9 and score > 0;
insert into staging.raw_customers select (jsonb_populate_record(c, '{"customer_id": 209}')).*
from staging.raw_customers as c where customer_id = 1;
insert into staging.fraud_scores select (jsonb_populate_record(s, '{"customer_id": 209}')).*
from staging.fraud_scores as s where customer_id = 1;
insert into staging.touched_customers values (3), (5), (7), (9), (209);
