-- Handing somebody's case to somebody else is a lead's: the server says so too. Names are those people work under, which
-- the server does not know, so it cannot tell taking a free case from giving it to a colleague.

create function desk.refuse_handover() returns trigger
language plpgsql
set search_path = pg_catalog
as $$
begin
  raise exception 'only riskdeck_lead hands % case % to somebody else', old.assignee || '''s', old.case_id
    using errcode = 'insufficient_privilege';
end
$$;

alter function desk.refuse_handover() owner to riskdeck_owner;

create trigger handover before update of assignee on desk.cases for each row
when (old.assignee <> new.assignee and old.state <> 'closed' and new.state <> 'closed'
  and not pg_catalog.pg_has_role('riskdeck_lead', 'member'))
execute function desk.refuse_handover();
