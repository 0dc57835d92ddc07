-- Customers whose score fell most.
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
from analytics.movers(:since::date) as changes
inner join analytics.fraud_analytics as customers on changes.customer_id = customers.customer_id
where changes.list = 'down'
order by changes.score_before - changes.score_now desc, changes.customer_id
limit 100
