-- The audit log is chained, and a chain has one end: appended to directly, everybody who decides a case waits for the
-- commit of whoever decided before. So an entry is received first, in a table where nobody waits for anybody, and chained
-- by the next session that finds the end of the chain free, mostly the same one, in the same transaction.

create table audit.received (
  received     bigint generated always as identity primary key,
  happened_at  timestamptz not null,
  login        text not null,
  role         text not null,
  origin       text not null,
  action       text not null,
  subject      text not null,
  detail       jsonb not null
);

-- Moves what has been received to the end of the chain; whoever calls it holds the lock of the chain.
create function audit.chain_received() returns void
language plpgsql
set search_path = pg_catalog
as $$
declare
  made audit.entries;
  item audit.received;
begin
  select e.entry, e.hash into made.entry, made.hash from audit.entries e order by e.entry desc limit 1;
  made.entry := coalesce(made.entry, 0);
  made.hash := coalesce(made.hash, decode(repeat('00', 32), 'hex'));
  for item in
    with taken as (delete from audit.received returning *) select t.* from taken t order by t.received
  loop
    made.entry := made.entry + 1;
    made.previous_hash := made.hash;
    made.happened_at := item.happened_at;
    made.login := item.login;
    made.role := item.role;
    made.origin := item.origin;
    made.action := item.action;
    made.subject := item.subject;
    made.detail := item.detail;
    made.hash := audit.hash_of(made);
    insert into audit.entries values (made.*);
  end loop;
end
$$;

-- Chains what others left, before the log is read.
create function audit.seal() returns void
language plpgsql security definer
set search_path = pg_catalog
as $$
begin
  perform pg_advisory_xact_lock(1380537163, 6);
  perform audit.chain_received();
end
$$;

drop function audit.append(text, text, jsonb, text);

-- Runs as its owner: whoever appends may not touch the tables. session_user is the login, current_user would be the
-- owner, and the setting "role" what SET ROLE said.
create function audit.append(what text, about text, more jsonb, origin_text text) returns void
language plpgsql security definer
set search_path = pg_catalog
as $$
declare
  acting text := current_setting('role');
begin
  insert into audit.received (happened_at, login, role, origin, action, subject, detail) values (
    clock_timestamp(), session_user, case when acting = 'none' then session_user else acting end, origin_text, what,
    about, more);
  -- Held until the caller's transaction ends; who does not get it leaves its entry to the next.
  if pg_try_advisory_xact_lock(1380537163, 6) then
    perform audit.chain_received();
  end if;
end
$$;

revoke all on function audit.append(text, text, jsonb, text), audit.seal(), audit.chain_received() from public;
alter table audit.received owner to riskdeck_owner;
alter function audit.append(text, text, jsonb, text) owner to riskdeck_owner;
alter function audit.seal() owner to riskdeck_owner;
alter function audit.chain_received() owner to riskdeck_owner;
grant execute on function audit.append(text, text, jsonb, text) to riskdeck_viewer;
grant execute on function audit.seal() to riskdeck_lead;
