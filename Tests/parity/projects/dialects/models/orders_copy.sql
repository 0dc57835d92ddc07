select * from {{ source('raw data', 'orders') }}
