{# 1 to 5: one more than the cut points below the value, of four in an array. Null for a value of null. #}
{% macro fifth_by_cuts(value, cuts) -%}
1
        + ({{ value }} > {{ cuts }}[1])::integer
        + ({{ value }} > {{ cuts }}[2])::integer
        + ({{ value }} > {{ cuts }}[3])::integer
        + ({{ value }} > {{ cuts }}[4])::integer
{%- endmacro %}
