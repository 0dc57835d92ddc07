-- New in high and critical (Movers)
-- Visualization: table
-- Variable since: Text, optional (Since a day (2026-01-31), else since the run before)
-- Click behavior: go to movers/evidences.sql, with the row's columns as variables

-- Customers at high or critical who were not before.
select
    customers.customer_id,
    customers.full_name,
    changes.level_before,
    changes.level_now,
    customers.level_set_by_hand,
    changes.score_before as before,
    changes.score_now as now,
    changes.score_now - coalesce(changes.score_before, 0) as change,
    customers.primary_risk_factor
from analytics.movers(coalesce([[{{since}},]] null)::date) as changes
inner join analytics.fraud_analytics as customers on changes.customer_id = customers.customer_id
where changes.list = 'new_in_high'
order by changes.score_now desc, changes.customer_id
limit 100
