-- Raw data for measurements, drawn by a fixed rule: the same numbers every time.
-- psql variables: customers, lines (order lines).
truncate staging.raw_customers, staging.raw_orders, staging.fraud_scores;

insert into staging.raw_customers
  (customer_id, full_name, email, email_hash, email_domain, phone, phone_country, bank_country, ip_country, birth_year,
   gender, city, state, country, country_code, home_latitude, home_longitude, device, ip, signed_up_at, is_masked, source)
select
  c, 'C' || c || '*** N***', 'c***@example.org', md5('mail' || c), 'example.org', '***-***-' || lpad((c % 10000)::text, 4, '0'),
  'US', (array['US', 'DE', 'FR'])[1 + c % 3], 'US', 1950 + (c % 55)::int, (array['female', 'male'])[1 + c % 2],
  'City ' || c % 50, 'State ' || c % 20, 'United States', 'US', (c % 80)::double precision, (c % 120)::double precision,
  md5('device' || c), md5('ip' || c), timestamptz '2025-01-01 00:00:00+00' + (c % 300) * interval '1 day', true, 'demo'
from generate_series(1::bigint, :customers) as c;

insert into staging.raw_orders
  (order_id, cart_id, customer_id, product_id, product, category, counterparty, quantity, price, discount, line_total, region,
   ordered_at, is_synthetic_time, place, latitude, longitude, device, ip)
select
  l, (l - 1) / 4 + 1, 1 + ((l - 1) / 4 * 7919) % :customers, l % 194 + 1, 'Product ' || l % 194, 'Category ' || l % 24, null,
  (1 + l % 5)::int, round((5 + (l * 37 % 2000))::numeric / 4, 2), (l % 20)::numeric,
  round(round((5 + (l * 37 % 2000))::numeric / 4, 2) * (1 + l % 5) * (100 - l % 20) / 100, 2), 'Region ' || l % 8,
  timestamptz '2026-01-01 00:00:00+00' + ((l - 1) / 4 * 977 % 31536000) * interval '1 second', false, null, null, null, null, null
from generate_series(1::bigint, :lines) as l;

insert into staging.fraud_scores
  (customer_id, score, composite_risk_score, risk_level, action_required, investigation_priority, primary_risk_factor,
   velocity_score, geographic_score, behavioural_score, profile_score, amount_score, temporal_score, evidences, rule_hits,
   ruleset_version, run_id)
select
  c, (c % 100) / 10.0, (c % 100) / 100.0, (array['low', 'medium', 'high', 'critical'])[1 + c % 4],
  (array['STANDARD', 'ENHANCED_MONITORING', 'MANUAL_REVIEW', 'BLOCK_IMMEDIATELY'])[1 + c % 4], (1 + c % 5)::int,
  case when c % 100 > 0 then 'amount' end, 0.1, null, 0.2, 0.3, (c % 100) / 100.0, 0,
  case when c % 100 > 0 then '[{"factor": "amount", "name": "large", "contribution": 1, "text": "x"}]'::jsonb else '[]'::jsonb end,
  '{}'::text[], 'test', 1
from generate_series(1::bigint, :customers) as c;

analyze staging.raw_customers, staging.raw_orders, staging.fraud_scores;
