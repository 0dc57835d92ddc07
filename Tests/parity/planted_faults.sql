-- Faults for queries/: nulls, duplicates, orphans and values out of range.
update staging.raw_customers set full_name = null where customer_id in (3, 5);
update staging.raw_customers set country_code = 'usa' where customer_id = 7;
update staging.raw_customers set email = 'clear@example.org' where customer_id = 9;
update staging.raw_orders set line_total = -10 where order_id in (11, 13, 17);
insert into staging.raw_orders (order_id, cart_id, customer_id, quantity, price, discount, line_total, ordered_at, is_synthetic_time)
values (900001, 900001, 777777, 0, 10, 0, 10, now() + interval '1 day', false);
update staging.fraud_scores set risk_level = 'unheard of' where customer_id in (2, 4);
update staging.fraud_scores set velocity_score = 1.5 where customer_id = 6;
