-- What the scoring said stands beside what a person set: the level in force is risk_level (level of a case) as before. All
-- null where the level is the score's own.
alter table staging.fraud_scores add column scored_level text;           -- what the scoring said where a person set another
alter table staging.fraud_scores add column level_set_by text;           -- who set it
alter table staging.fraud_scores add column level_set_until timestamptz; -- when that ends; the level counts until the next run

alter table desk.cases add column scored_level text;
alter table desk.cases add column level_set_by text;
alter table desk.cases add column level_set_until timestamptz;
grant update (scored_level, level_set_by, level_set_until) on desk.cases to riskdeck_pipeline;

-- The history's risk_level is the level in force, too.
alter table analytics.risk_history add column scored_level text;

-- Marts that are published already tell of none until the next run makes them anew.
do $$
declare
  mart text;
begin
  foreach mart in array array['analytics.fraud_analytics', 'analytics.customer_segmentation'] loop
    if exists (select from pg_catalog.pg_class where oid = pg_catalog.to_regclass(mart) and relkind in ('r', 'p')) then
      execute pg_catalog.format(
        'alter table %s add column if not exists level_set_by_hand boolean not null default false', mart);
    end if;
  end loop;
end
$$;
