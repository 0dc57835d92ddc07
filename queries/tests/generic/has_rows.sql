{# One row when the table is empty: every other test passes on an empty table. #}
{% test has_rows(model) %}

select counted.rows_here
from (select count(*) as rows_here from {{ model }}) as counted
where counted.rows_here = 0

{% endtest %}
