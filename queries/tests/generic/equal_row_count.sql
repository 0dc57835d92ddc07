{# One row when the model and compare_model differ in their number of rows. #}
{% test equal_row_count(model, compare_model) %}

select rows_here, rows_there
from (
    select
        (select count(*) from {{ model }}) as rows_here,
        (select count(*) from {{ compare_model }}) as rows_there
) as counted
where rows_here <> rows_there

{% endtest %}
