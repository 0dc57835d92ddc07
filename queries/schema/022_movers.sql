-- The lists of Movers since the run before, kept with each publication: after a run that scored everyone anew every customer is a
-- change, and to find the first hundred of a million takes seconds.

-- Grain: a place in a list: up, down and new_in_high hold a customer each; levels holds how many went from which level to which.
create table analytics.newest_movers (
  list              text not null,
  customer_id       bigint,
  score_before      double precision,
  level_before      text,
  score_now         double precision,
  level_now         text not null,
  customers         bigint not null
);
alter table analytics.newest_movers owner to riskdeck_pipeline;
grant select on analytics.newest_movers to riskdeck_viewer;

-- The lists since a date, or else since the run before, out of the history. Of each kind of mover the first thousand: cards
-- show a hundred, of customers that are still there.
create function analytics.movers_of_history(since date)
returns table (
  list text, customer_id bigint, score_before double precision, level_before text, score_now double precision,
  level_now text, customers bigint)
language sql stable rows 3016
as $$
  with changes as materialized (
    select * from analytics.score_changes(since)
  )
  (
    select 'up', c.customer_id, c.score_before, c.level_before, c.score_now, c.level_now, 1::bigint
    from changes c where c.score_now > coalesce(c.score_before, 0)
    order by c.score_now - coalesce(c.score_before, 0) desc, c.customer_id limit 1000
  )
  union all (
    select 'down', c.customer_id, c.score_before, c.level_before, c.score_now, c.level_now, 1
    from changes c where c.score_now < c.score_before
    order by c.score_before - c.score_now desc, c.customer_id limit 1000
  )
  union all (
    select 'new_in_high', c.customer_id, c.score_before, c.level_before, c.score_now, c.level_now, 1
    from changes c
    where c.level_now in ('high', 'critical') and coalesce(c.level_before, 'low') not in ('high', 'critical')
    order by c.score_now desc, c.customer_id limit 1000
  )
  union all
  select 'levels', null, null, coalesce(c.level_before, 'low'), null, c.level_now, count(*)
  from changes c group by coalesce(c.level_before, 'low'), c.level_now
$$;

-- What Movers shows: since the run before what was kept, since a date what the history tells.
create function analytics.movers(since date)
returns table (
  list text, customer_id bigint, score_before double precision, level_before text, score_now double precision,
  level_now text, customers bigint)
language plpgsql stable rows 3016
set search_path = pg_catalog, pg_temp
as $$
begin
  if since is null then
    return query select m.list, m.customer_id, m.score_before, m.level_before, m.score_now, m.level_now, m.customers
      from analytics.newest_movers m;
  else
    return query select * from analytics.movers_of_history(since);
  end if;
end
$$;

insert into analytics.newest_movers select * from analytics.movers_of_history(null);
