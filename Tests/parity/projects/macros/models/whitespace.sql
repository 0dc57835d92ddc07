{#- a comment that trims -#}
select
  {%- if var('threshold') > 5 %}
  'high'
  {%- elif var('threshold') > 2 -%}
  'middle'
  {%- else %}
  'low'
  {%- endif %} as level,
  {% raw %}'{{ not rendered }}'{% endraw %} as raw_text,
  {{- " 1 " -}} as one,
  {% set block %}
  {{ as_money('1999') }}
  {% endset %}
  {{ block | trim }} as money,
  {% call wrapped('called') %}42{% endcall %} is not null as has_call,
  {{ first_of([9, 8]) }} as nine
