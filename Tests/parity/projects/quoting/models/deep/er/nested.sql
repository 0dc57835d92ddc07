{{ config(alias='an alias with blanks') }}
select "Order Id" as order_id, "group", "Ämount" as amount from {{ ref('quoting', 'mixed_Case') }} where "group" <> ';'
-- the last line is a comment
