-- What an outcome speaks of: when the case was opened, and the moments of the orders that its evidence names.
create or replace view desk.case_outcomes as
  select customer_id, outcome, closed_at, opened_at,
    array(
      select distinct (evidence ->> 'at')::timestamptz from jsonb_array_elements(evidences) evidence
      where evidence ->> 'at' is not null
    ) as moments
  from desk.cases
  where state = 'closed' and outcome in ('confirmed_fraud', 'false_positive');
