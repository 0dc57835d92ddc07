-- What the validation counted in the raw tables, corrected by the loads since: none, or one row a count.
create table staging.validation_counts (
  name              text not null primary key,
  value             numeric not null
);

alter table staging.validation_counts owner to riskdeck_pipeline;
grant select on staging.validation_counts to riskdeck_viewer;
