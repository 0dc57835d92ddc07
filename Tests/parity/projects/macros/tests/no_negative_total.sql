{{ config(severity='warn') }}
select * from {{ ref('uses_ephemeral') }} where total < 0
