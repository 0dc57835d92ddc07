{{ config(enabled=false) }}
select 1 as nothing from {{ ref('archived') }}
