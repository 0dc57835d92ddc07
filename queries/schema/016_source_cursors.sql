-- How far each kind of record was read from a source that tells what changed, written with the load that read it. No row: the kind
-- is read whole.
create table staging.source_cursors (
  kind              text not null primary key,   -- customers, orders
  ground            text not null,               -- digest of source, mapping and masking key: a cursor of another one is none
  newest            bigint not null,             -- of all moments of change, microseconds since 1970
  carts             bigint,                      -- orders alone: carts in staging.raw_orders
  has_unknown       boolean not null default false  -- orders alone: some were left out for want of their customer
);

alter table staging.source_cursors owner to riskdeck_pipeline;
grant select on staging.source_cursors to riskdeck_viewer;

-- A row that says which one is gone.
alter table staging.incoming_customers add column is_deleted boolean not null default false;
alter table staging.incoming_orders add column is_deleted boolean not null default false;
