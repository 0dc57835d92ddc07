{% test at_most(model, column_name, highest) %}
select {{ column_name }} from {{ model }} where {{ column_name }} > {{ highest }}
{% endtest %}
