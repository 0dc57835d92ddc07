-- Reading a clear identity and the entry that says so are one act of the server: riskdeck_pii reads them no other way.

create function restricted.unmask(customer bigint, origin_text text)
returns table (full_name text, email text, phone text)
language plpgsql security definer
set search_path = pg_catalog
as $$
begin
  return query
    select i.full_name, i.email, i.phone from restricted.identities i where i.customer_id = customer;
  if found then
    perform audit.append('unmask', 'customer ' || customer, '{}', origin_text);
  end if;
end
$$;

revoke all on function restricted.unmask(bigint, text) from public;
-- Its owner owns the table and may append to the audit log.
alter function restricted.unmask(bigint, text) owner to riskdeck_pipeline;
grant execute on function restricted.unmask(bigint, text) to riskdeck_pii;
revoke select on restricted.identities from riskdeck_pii;
