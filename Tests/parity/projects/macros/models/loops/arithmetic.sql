{% set ns = namespace(total=0, text='') %}
{% for n in [3, 1, 2] | sort %}{% set ns.total = ns.total + n * 2 ** n %}{% set ns.text = ns.text ~ n %}{% endfor %}
select
  {{ ns.total }} as total, '{{ ns.text }}' as text, {{ 7 // 2 }} as floored, {{ 7 / 2 }} as divided, {{ -7 % 3 }} as modulo,
  {{ (1.5 + 1) | round(1) }} as rounded, '{{ "a,b,c".split(",") | join("|") }}' as joined,
  {{ 1 if 2 > 1 and not false else 0 }} as chosen, '{{ [1, 2, 3][1:] }}' as sliced, {{ 'x' in ['x'] | lower }} as found,
  '{{ {"a": 1}.get("b", "none") }}' as missing, {{ '12' | int + 1 }} as thirteen, '{{ " padded " | trim }}' as trimmed,
  {{ [4, 5, 6] | length }} as counted, '{{ "%s" if false else "plain" }}' as plain,
  {{ 1 < 2 < 3 }} as chained, '{{ var("label") }}' as label, '{{ var("missing", "fallback") }}' as fallback
