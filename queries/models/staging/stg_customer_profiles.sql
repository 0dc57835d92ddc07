-- Grain: one row per customer.
-- Without a WITH: PostgreSQL plans a view that has one by itself, and would read all customers for a few of them.
select
    customer_id,
    coalesce(full_name, 'Customer ' || customer_id) as full_name,
    full_name is not null as has_name,
    email,
    email is not null as has_email,
    email_hash,
    email_domain,
    phone,
    phone is not null as has_phone,
    phone_country,
    bank_country,
    ip_country,
    birth_year,
    gender,
    city,
    state,
    coalesce(country, country_code) as country,
    country_code,
    coalesce(country, country_code) is not null as has_country,
    home_latitude,
    home_longitude,
    signed_up_at,
    is_masked,
    source,
    round(
        (
            (full_name is not null)::integer
            + (email is not null)::integer
            + (phone is not null)::integer
            + (city is not null)::integer
            + (coalesce(country, country_code) is not null)::integer
        ) / 5.0,
        2
    ) as profile_completeness
from (
    -- Blank text is absent text: everything after this view may trust that a value says something.
    select
        customer_id,
        nullif(trim(full_name), '') as full_name,
        nullif(trim(email), '') as email,
        email_hash,
        nullif(lower(trim(email_domain)), '') as email_domain,
        nullif(trim(phone), '') as phone,
        phone_country,
        bank_country,
        ip_country,
        birth_year,
        nullif(lower(trim(gender)), '') as gender,
        nullif(trim(city), '') as city,
        nullif(trim(state), '') as state,
        nullif(trim(country), '') as country,
        upper(country_code) as country_code,
        home_latitude,
        home_longitude,
        signed_up_at,
        is_masked,
        source
    from {{ source('staging', 'raw_customers') }}
) as cleaned
