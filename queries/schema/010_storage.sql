-- How the server looks after tables, by how they are written. Figures of a large table: a fifth of it, the server's default,
-- would be waited for too long, and a vacuum that has more to do takes longer.

-- Appended to alone: a vacuum after every twentieth of new rows keeps the visibility map, by which look-ups by index read no
-- table, and freezes rows while they are in memory.
alter table monitoring.log_lines set (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
alter table monitoring.test_results set (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
alter table analytics.risk_history set (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
alter table audit.entries set (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
alter table desk.case_events set (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

-- Progress is written over and over: every update of a row leaves a dead one, and these are few rows.
alter table monitoring.task_attempts set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);

-- Queues: filled and emptied all the time. Their dead rows are cleared away before a look at the queue has to pass them.
alter table audit.received set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);
alter table staging.changed_customers set (autovacuum_vacuum_scale_factor = 0.02);

-- Changed in parts by loads and scorings, which analyse them themselves where much changed.
alter table staging.raw_customers set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
alter table staging.raw_orders set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
alter table staging.fraud_scores set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

-- Emptied by truncation, analysed by the load and read once: a vacuum in between reads millions of rows for nothing.
alter table staging.incoming_customers set (autovacuum_enabled = false);
alter table staging.incoming_orders set (autovacuum_enabled = false);
alter table staging.incoming_products set (autovacuum_enabled = false);
alter table staging.incoming_labels set (autovacuum_enabled = false);
