-- Under which name somebody worked, as in the steps of cases; saved_by and activated_by stay the login.
alter table desk.rulesets add column person text;
alter table desk.ruleset_activations add column person text;
grant insert (person) on desk.rulesets to riskdeck_lead;
grant insert (person) on desk.ruleset_activations to riskdeck_lead;
