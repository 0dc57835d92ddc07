{% set parts = [] %}
{% for number in range(1, 4) if number != 2 %}
  {% do parts.append({'n': number, 'label': 'part ' ~ number}) %}
{% endfor %}
{% for part in parts %}
select {{ part.n }} as n, '{{ part['label'] | upper }}' as label, {{ loop.index }} as position, {{ loop.revindex0 }} as rest
{% if not loop.last -%} union all {%- endif %}
{% endfor %}
