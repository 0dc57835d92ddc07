-- Rows that arrive between two builds.
insert into parity_raw.orders
select o, 1 + o * 11 % 50, (o * 13 % 700)::numeric, (array['north', 'south', 'west end'])[1 + o % 3]
from generate_series(301, 360) as o;
