{# Groups (by the columns of group_by) in which the column has more than one value. #}
{% test constant_within(model, column_name, group_by) %}

select {{ group_by | join(', ') }}
from {{ model }}
group by {{ group_by | join(', ') }}
having min({{ column_name }}) <> max({{ column_name }})

{% endtest %}
