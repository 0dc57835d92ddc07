-- Raw data as it was extracted and masked. Every key holds customer_id, so that the tables can be
-- distributed by it without a change of the queries.

create schema if not exists staging;
create schema if not exists analytics;

-- One row a customer. Nothing here identifies a person in clear while masking is on: names, e-mail and phone
-- are masked, device and ip are keyed hashes, places are rounded to two decimals (about one kilometre).
create table staging.raw_customers (
  customer_id       bigint not null primary key,
  full_name         text,
  email             text,
  email_hash        text,             -- keyed hash of the clear address, for joins
  email_domain      text,
  phone             text,
  phone_country     text,             -- ISO 3166 alpha-2 of the dialling code, null where it is not known
  bank_country      text,             -- ISO 3166 alpha-2 of the bank account, never the account
  ip_country        text,             -- ISO 3166 alpha-2, null where the source does not tell
  birth_year        integer,
  gender            text,
  city              text,
  state             text,
  country           text,             -- as the source spells it
  country_code      text,             -- ISO 3166 alpha-2, null where it is not known
  home_latitude     double precision,
  home_longitude    double precision,
  device            text,             -- keyed hash
  ip                text,             -- keyed hash
  signed_up_at      timestamptz,      -- null where the source has none
  is_masked         boolean not null,
  source            text not null
);

-- One row an order line. A cart (cart_id) holds one line or more; lines of one cart share ordered_at.
create table staging.raw_orders (
  order_id          bigint not null,
  cart_id           bigint not null,
  customer_id       bigint not null,
  product_id        bigint,
  product           text,
  category          text,
  counterparty      text,             -- merchant or terminal where the source names one
  quantity          integer not null,
  price             numeric(14, 2) not null,
  discount          numeric(6, 2) not null,      -- percent of price * quantity
  line_total        numeric(14, 2) not null,     -- after the discount
  region            text,
  ordered_at        timestamptz not null,
  is_synthetic_time boolean not null,            -- true: the source has no times, ordered_at was made up
  place             text,
  latitude          double precision,
  longitude         double precision,
  device            text,             -- keyed hash
  ip                text,             -- keyed hash
  primary key (customer_id, order_id)
);

create table staging.raw_products (
  product_id        bigint not null primary key,
  title             text,
  category          text,
  brand             text,
  price             numeric(14, 2),
  stock             integer,
  rating            numeric(4, 2)
);

-- Records that could not be loaded, each with its reason. Never the record itself: it may hold what must not be stored.
create table staging.rejects (
  run_id            bigint not null,
  entity            text not null,    -- customer, order, product
  record            text not null,    -- which one: an id, or file:line, or a place in the answer
  reason            text not null,
  rejected_at       timestamptz not null
);

-- What is known of injected or confirmed fraud: an answer to compare with, never an input of the scoring.
create table staging.raw_labels (
  customer_id       bigint not null,
  order_id          bigint not null,  -- 0: the whole customer
  kind              text not null,
  primary key (customer_id, order_id)
);

-- One row a customer, written by the scoring, read by models/marts.
create table staging.fraud_scores (
  customer_id             bigint not null primary key,
  score                   double precision not null,   -- unbounded, for ordering; the sum of all contributions
  composite_risk_score    double precision not null check (composite_risk_score between 0 and 1),
  risk_level              text not null,               -- low, medium, high, critical
  action_required         text not null,               -- STANDARD, ENHANCED_MONITORING, MANUAL_REVIEW, BLOCK_IMMEDIATELY
  investigation_priority  integer not null,            -- 1 (first) to 5
  primary_risk_factor     text,                        -- null where no factor has evidence
  velocity_score          double precision,            -- 0 to 1; null: not evaluated for want of data
  geographic_score        double precision,
  behavioural_score       double precision,
  profile_score           double precision,
  amount_score            double precision,
  temporal_score          double precision,
  evidences               jsonb not null,              -- [{"factor", "name", "contribution", "text", "at"}], largest first
  rule_hits               text[] not null,             -- names of the hard rules that fired
  ruleset_version         text not null,
  run_id                  bigint not null
);

-- Where an extraction puts its rows until all kinds are there and the load checks them against each other. Unlogged: after a
-- crash of the server they are empty, and the extraction is done again.
create unlogged table staging.incoming_customers (like staging.raw_customers);
create unlogged table staging.incoming_orders (like staging.raw_orders);
create unlogged table staging.incoming_products (like staging.raw_products);
create unlogged table staging.incoming_labels (like staging.raw_labels);
