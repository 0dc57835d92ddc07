-- Who may do what, as roles that administrators grant to logins; and the log of what was done.
--
--   riskdeck_owner     owns the schema and changes it; may do what the pipeline may
--   riskdeck_pipeline  runs the pipeline; owns what runs make anew (schemas staging, analytics, restricted)
--   riskdeck_lead      analyst who also changes rulesets, lists and levels, and reads the audit log
--   riskdeck_analyst   viewer who also works on cases
--   riskdeck_viewer    reads everything but clear identities
--   riskdeck_pii       viewer who also reads clear identities, where they are stored

do $$
declare
  role_name text;
begin
  foreach role_name in array array[
    'riskdeck_owner', 'riskdeck_pipeline', 'riskdeck_lead', 'riskdeck_analyst', 'riskdeck_viewer', 'riskdeck_pii']
  loop
    -- Roles belong to the server, and another database of it may have made them, even at this moment.
    if not exists (select from pg_catalog.pg_roles where rolname = role_name) then
      begin
        execute pg_catalog.format('create role %I nologin', role_name);
      exception
        when duplicate_object or unique_violation then null;
        when insufficient_privilege then
          raise exception 'the login % may not make the role %', current_user, role_name
            using errcode = 'insufficient_privilege',
              hint = 'let an administrator open this database with riskdeck once, or give the login CREATEROLE';
      end;
    end if;
  end loop;
end
$$;

do $$
declare
  membership record;
begin
  for membership in
    select wanted.role_name, wanted.member_name
    from (values
      ('riskdeck_viewer', 'riskdeck_analyst'), ('riskdeck_analyst', 'riskdeck_lead'),
      ('riskdeck_viewer', 'riskdeck_pipeline'), ('riskdeck_viewer', 'riskdeck_pii'),
      ('riskdeck_pipeline', 'riskdeck_owner'),
      ('riskdeck_viewer', 'riskdeck_reader'),
      ('riskdeck_owner', current_user::text), ('riskdeck_pipeline', current_user::text),
      ('riskdeck_lead', current_user::text)
    ) wanted (role_name, member_name)
    join pg_catalog.pg_roles m on m.rolname = wanted.member_name
    where not exists (
      select from pg_catalog.pg_auth_members a join pg_catalog.pg_roles r on r.oid = a.roleid
      where r.rolname = wanted.role_name and a.member = m.oid)
      -- A superuser is a member of every role already.
      and not (m.rolsuper and m.rolname = current_user)
  loop
    begin
      execute pg_catalog.format('grant %I to %I', membership.role_name, membership.member_name);
    exception
      -- Another database of this server grants the same at this moment.
      when unique_violation or internal_error then null;
    end;
  end loop;
  -- The embedded server's role for typed queries could once read everything.
  if exists (
    select from pg_catalog.pg_auth_members a
    join pg_catalog.pg_roles r on r.oid = a.roleid join pg_catalog.pg_roles m on m.oid = a.member
    where r.rolname = 'pg_read_all_data' and m.rolname = 'riskdeck_reader')
  then
    begin
      revoke pg_read_all_data from riskdeck_reader;
    exception
      when internal_error then null;
    end;
  end if;
  execute pg_catalog.format(
    'grant create, temporary on database %I to riskdeck_owner, riskdeck_pipeline', current_database());
end
$$;

-- Clear identities, only where masking is switched off: everything else holds the masked forms all the same.
create schema restricted;

create table restricted.identities (
  customer_id       bigint not null primary key,
  full_name         text,
  email             text,
  phone             text
);

-- Customers whose data were erased: loads pass them over.
create table restricted.forgotten (
  customer_id       bigint not null primary key,
  forgotten_at      timestamptz not null
);

alter table staging.incoming_customers add clear_name text, add clear_email text, add clear_phone text;

-- The log of what people did: appended by the function below, changed by nobody. Each entry carries the hash of
-- the one before, so that a later change of any entry shows.
create schema audit;

create table audit.entries (
  entry           bigint not null primary key,
  happened_at     timestamptz not null,
  login           text not null,               -- as the server knows the session
  role            text not null,               -- the role it acted as
  origin          text not null,               -- user@host, as the program says
  action          text not null,
  subject         text not null,
  detail          jsonb not null,
  previous_hash   bytea not null,              -- 32 zero bytes before the first entry
  hash            bytea not null
);

create function audit.hash_of(entry audit.entries) returns bytea
language sql immutable parallel safe
set search_path = pg_catalog
as $$
  select sha256(entry.previous_hash || convert_to(jsonb_build_array(
    entry.entry, extract(epoch from entry.happened_at)::text, entry.login, entry.role, entry.origin, entry.action,
    entry.subject, entry.detail)::text, 'UTF8'))
$$;

-- Runs as its owner: whoever appends may not touch the table. session_user is the login, current_user would be the
-- owner, and the setting "role" what SET ROLE said.
create function audit.append(what text, about text, more jsonb, origin_text text) returns bigint
language plpgsql security definer
set search_path = pg_catalog
as $$
declare
  made audit.entries;
  acting text := current_setting('role');
begin
  -- One at a time, until the caller's transaction ends: the chain has no forks.
  perform pg_advisory_xact_lock(1380537163, 6);
  select coalesce(max(e.entry), 0) + 1 into made.entry from audit.entries e;
  select e.hash into made.previous_hash from audit.entries e where e.entry = made.entry - 1;
  made.previous_hash := coalesce(made.previous_hash, decode(repeat('00', 32), 'hex'));
  made.happened_at := clock_timestamp();
  made.login := session_user;
  made.role := case when acting = 'none' then session_user else acting end;
  made.origin := origin_text;
  made.action := what;
  made.subject := about;
  made.detail := more;
  made.hash := audit.hash_of(made);
  insert into audit.entries values (made.*);
  return made.entry;
end
$$;

revoke all on function audit.append(text, text, jsonb, text) from public;

-- Ownership and rights.
do $$
declare
  item record;
begin
  for item in
    select n.nspname, c.relname from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('staging', 'analytics', 'restricted', 'monitoring', 'audit') and c.relkind in ('r', 'p', 'v', 'm')
  loop
    execute pg_catalog.format(
      'alter table %I.%I owner to %I', item.nspname, item.relname,
      case when item.nspname in ('monitoring', 'audit') then 'riskdeck_owner' else 'riskdeck_pipeline' end);
  end loop;
  for item in
    select nspname from pg_catalog.pg_namespace
    where nspname in ('staging', 'analytics', 'restricted', 'monitoring', 'audit')
  loop
    execute pg_catalog.format(
      'alter schema %I owner to %I', item.nspname,
      case when item.nspname in ('monitoring', 'audit') then 'riskdeck_owner' else 'riskdeck_pipeline' end);
  end loop;
end
$$;

alter function audit.append(text, text, jsonb, text) owner to riskdeck_owner;
alter function audit.hash_of(audit.entries) owner to riskdeck_owner;

grant usage on schema staging, analytics, monitoring, audit to riskdeck_viewer;
grant select on all tables in schema staging, analytics, monitoring to riskdeck_viewer;
-- What an extraction brings is nobody's to read before it is loaded.
revoke select on staging.incoming_customers, staging.incoming_orders, staging.incoming_products,
  staging.incoming_labels from riskdeck_viewer;
grant select, insert, update, delete on all tables in schema monitoring to riskdeck_pipeline;
grant select on audit.entries to riskdeck_lead;
grant execute on function audit.append(text, text, jsonb, text) to riskdeck_viewer;
grant usage on schema restricted to riskdeck_pii;
grant select on restricted.identities to riskdeck_pii;

-- What a run makes anew is readable as what it replaces.
alter default privileges for role riskdeck_pipeline grant select on tables to riskdeck_viewer;
alter default privileges for role riskdeck_pipeline grant usage on schemas to riskdeck_viewer;

do $$
begin
  -- The table of applied steps stands outside of the steps, and is not there where a test applies them by itself.
  if to_regnamespace('riskdeck_schema') is not null then
    grant usage on schema riskdeck_schema to riskdeck_viewer;
    grant select on riskdeck_schema.steps to riskdeck_viewer;
    grant insert on riskdeck_schema.steps to riskdeck_owner;
    grant usage on schema riskdeck_schema to riskdeck_owner;
  end if;
end
$$;
