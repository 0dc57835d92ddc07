-- Who asked a run to end. Anybody may send a notification, so a run ends only where its own row says so as well, which takes
-- the rights of the pipeline.

alter table monitoring.runs add cancelled_by text;    -- user@host
