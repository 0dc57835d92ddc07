-- Customers whose raw rows or scores changed since all models were last published: what incremental models compute anew. Loads and
-- scorings add to it, also those who are gone; the publication of all models empties it.
create table staging.touched_customers (
  customer_id       bigint not null primary key
);

-- A queue, like changed_customers.
alter table staging.touched_customers set (autovacuum_vacuum_scale_factor = 0.02);
alter table staging.touched_customers owner to riskdeck_pipeline;
grant select on staging.touched_customers to riskdeck_viewer;
