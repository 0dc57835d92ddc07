-- What changed since the last scoring, and what that scoring took for usual: so that a run scores what changed alone.

-- Customers whose rows a load changed, until they are scored. Reach 0: changed; 1: shares a device or an address with one of
-- them, and is scored with them; 2: shares one with those, and is read alone.
create table staging.changed_customers (
  customer_id       bigint not null primary key,
  reach             smallint not null
);

-- One row, or none: then the next scoring scores everyone and learns what is usual.
create table staging.scoring_baseline (
  only_row          boolean not null primary key default true check (only_row),
  run_id            bigint not null,             -- the run that learnt it
  ground            text not null,               -- digest of rules, fitted reference and lists
  changed           bigint not null,             -- customers that changed since
  overridden        bigint[] not null,           -- customers whose level a person had set at the last scoring
  usual             text not null                -- JSON: distributions of the population, curves, scale, suspended rules
);

alter table staging.changed_customers owner to riskdeck_pipeline;
alter table staging.scoring_baseline owner to riskdeck_pipeline;
grant select on staging.changed_customers, staging.scoring_baseline to riskdeck_viewer;
