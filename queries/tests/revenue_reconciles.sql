-- The money that came in equals the money the marts show: one row for every total that differs.
with raw_total as (

    select coalesce(sum(line_total), 0) as total from {{ source('staging', 'raw_orders') }}

),

shown as (

    select
        'customer_segmentation' as mart,
        coalesce(sum(total_spent), 0) as total
    from {{ ref('customer_segmentation') }}

    union all

    select
        'fraud_analytics' as mart,
        coalesce(sum(total_spent), 0) as total
    from {{ ref('fraud_analytics') }}

    union all

    select
        'dashboard_segments' as mart,
        coalesce(sum(total_spent), 0) as total
    from {{ ref('dashboard_segments') }}

    union all

    select
        'dashboard_risk' as mart,
        coalesce(sum(total_spent), 0) as total
    from {{ ref('dashboard_risk') }}

)

select
    shown.mart,
    shown.total as total_shown,
    raw_total.total as total_loaded
from shown
cross join raw_total
where shown.total <> raw_total.total
