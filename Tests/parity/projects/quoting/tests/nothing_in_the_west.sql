{{ config(limit=5, severity='warn') }}
with rows_found as (
  select * from {{ ref('nested') }} where "group" = 'west end'
)
select * from rows_found
