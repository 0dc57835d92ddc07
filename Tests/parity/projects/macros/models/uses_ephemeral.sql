-- a comment before the first word
with own as (select * from {{ ref('ephemeral_second') }})
select own.*, base.amount from own join {{ ref('ephemeral_base') }} as base on base.customer_id = own.customer_id
