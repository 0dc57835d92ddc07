-- Versions of the scoring's ruleset: what they say, who made them and why, and which one is in force.

create schema if not exists desk;

-- One row a version. It holds all texts a ruleset is made of, so that a score can be explained when files have changed.
create table desk.rulesets (
  version       text not null primary key,       -- 12 digits of the SHA-256 of the three texts
  rules         text not null,                   -- as queries/risk/ruleset.yml
  domains       text not null,
  priors        text not null,
  note          text not null check (note <> ''),
  based_on      text,                            -- the version it was tuned from
  saved_by      text not null default session_user,
  saved_at      timestamptz not null default clock_timestamp()
);

-- One row an activation, append-only: the newest says which version scores. Without any the project's files do.
create table desk.ruleset_activations (
  activation    bigint generated always as identity primary key,
  version       text not null references desk.rulesets,
  note          text not null,
  activated_by  text not null default session_user,
  activated_at  timestamptz not null default clock_timestamp()
);

alter table desk.rulesets owner to riskdeck_owner;
alter table desk.ruleset_activations owner to riskdeck_owner;
grant usage on schema desk to riskdeck_viewer;
grant select on desk.rulesets, desk.ruleset_activations to riskdeck_viewer;
-- Who and when are the server's to say.
grant insert (version, rules, domains, priors, note, based_on) on desk.rulesets to riskdeck_lead;
grant insert (version, note) on desk.ruleset_activations to riskdeck_lead;
