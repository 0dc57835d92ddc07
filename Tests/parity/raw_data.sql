-- Raw tables of the small projects. psql variable: faults (0 or 1) plants nulls, duplicates, orphans and values out of range.
drop schema if exists parity_raw cascade;
create schema parity_raw;
create table parity_raw.customers as select c as customer_id, 'Customer ' || c as name from generate_series(1, 40) as c;
create table parity_raw.orders as
select o as order_id, 1 + o * 7 % 40 as customer_id, (o * 37 % 500)::numeric as amount,
  (array['north', 'south', 'west end'])[1 + o % 3] as region
from generate_series(1, 300) as o;
insert into parity_raw.orders
select * from (values (5, 3, 120.5, 'north'), (6, 4, 7, 'north'), (500, 999, 60, 'nowhere'), (501, 998, -5000, 'elsewhere'),
  (502, 2, null, null), (null, 2, 80, null)) as faulty where :faults = 1;
