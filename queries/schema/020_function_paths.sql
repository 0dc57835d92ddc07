-- Functions that run as their owner look nothing up among the caller's temporary objects. Unless it is named, that schema comes
-- first: a type that a caller makes there, called text or jsonb, would run the caller's own code with the owner's rights.
alter function audit.hash_of(audit.entries) set search_path = pg_catalog, pg_temp;
alter function audit.append(text, text, jsonb, text) set search_path = pg_catalog, pg_temp;
alter function audit.seal() set search_path = pg_catalog, pg_temp;
alter function audit.chain_received() set search_path = pg_catalog, pg_temp;
alter function restricted.unmask(bigint, text) set search_path = pg_catalog, pg_temp;
alter function desk.refuse_handover() set search_path = pg_catalog, pg_temp;

-- Whom the server took somebody for is the server's to say.
revoke insert on desk.case_events from riskdeck_analyst, riskdeck_pipeline;
grant insert (customer_id, case_id, kind, at, actor, origin, old, new, note, undoes) on desk.case_events
  to riskdeck_analyst, riskdeck_pipeline;
