-- How customers' scores went from run to run.

-- One row a customer and run in which the score changed; between two rows it stood still.
create table analytics.risk_history (
  customer_id           bigint not null,
  run_id                bigint not null,
  scored_at             timestamptz not null,
  score                 double precision not null,
  composite_risk_score  double precision not null,
  risk_level            text not null,
  ruleset_version       text not null,
  primary key (customer_id, run_id)
);
