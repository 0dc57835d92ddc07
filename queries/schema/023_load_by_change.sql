-- No stored line has a higher id: lines with higher ones are new and cannot have moved from another customer. Null: not known.
alter table staging.source_cursors add column highest_order bigint;

-- Lines take their category from these by their id, also where the lines are few and the planner takes them for one.
create index incoming_products_by_id on staging.incoming_products (product_id);

-- Who shares a device or an address with somebody that changed.
create index raw_customers_by_device on staging.raw_customers (device) where device is not null;
create index raw_customers_by_address on staging.raw_customers (ip) where ip is not null;
