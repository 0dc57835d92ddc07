{# Cents as an amount with two digits. #}
{% macro as_money(column, scale=2) -%}
round({{ column }}::numeric / 100, {{ scale }})
{%- endmacro %}

{% macro pivot(column, values, then_value=1, prefix='') %}
  {%- for value in values %}
  sum(case when {{ column }} = '{{ value }}' then {{ then_value }} else 0 end) as {{ prefix }}{{ value | replace(' ', '_') }}
  {%- if not loop.last %},{% endif -%}
  {% endfor %}
{% endmacro %}

{% macro wrapped(name) %}
(select {{ caller() }} as {{ name }})
{% endmacro %}

{% macro first_of(items) %}{{ return(items[0]) }}{% endmacro %}
