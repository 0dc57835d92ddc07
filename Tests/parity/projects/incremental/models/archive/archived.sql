{{ config(alias='orders_archive', indexes=[{'columns': ['customer_id'], 'type': 'btree'}]) }}
select v.*, c.name as country from {{ ref('downstream_view') }} as v
left join {{ ref('countries') }} as c on c.id = v.customer_id % 4
