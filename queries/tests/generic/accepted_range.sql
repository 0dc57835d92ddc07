{# Rows whose value lies outside min_value..max_value; NULL passes. inclusive: false excludes the bounds. #}
{% test accepted_range(model, column_name, min_value=none, max_value=none, inclusive=true) %}

select *
from {{ model }}
where 1 = 2
{%- if min_value is not none %}
    or not {{ column_name }} >{% if inclusive %}={% endif %} {{ min_value }}
{%- endif %}
{%- if max_value is not none %}
    or not {{ column_name }} <{% if inclusive %}={% endif %} {{ max_value }}
{%- endif %}

{% endtest %}
