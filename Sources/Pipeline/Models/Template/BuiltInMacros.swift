extension MacroLibrary {
  /// A library with the macros of the packages `dbt` and `dbt_utils` this engine has, written for PostgreSQL.
  static func withBuiltIns(projectName: String) throws(ModelError) -> MacroLibrary {
    var library = MacroLibrary(projectName: projectName)
    try library.add(TemplateParser.parse(file: "dbt", text: dbtMacros), package: "dbt")
    try library.add(TemplateParser.parse(file: "dbt_utils", text: dbtUtilsMacros), package: "dbt_utils")
    return library
  }

  /// The four generic tests of dbt and its macros that write one expression for every database.
  private static let dbtMacros = """
    {% test unique(model, column_name) %}
    select
        {{ column_name }} as unique_field,
        count(*) as n_records

    from {{ model }}
    where {{ column_name }} is not null
    group by {{ column_name }}
    having count(*) > 1
    {% endtest %}

    {% test not_null(model, column_name) %}
    {% set column_list = '*' if should_store_failures() else column_name %}
    select {{ column_list }}
    from {{ model }}
    where {{ column_name }} is null
    {% endtest %}

    {% test accepted_values(model, column_name, values, quote=True) %}
    with all_values as (
        select
            {{ column_name }} as value_field,
            count(*) as n_records
        from {{ model }}
        group by {{ column_name }}
    )
    select *
    from all_values
    where value_field not in (
        {% for value in values -%}
            {% if quote -%}'{{ riskdeck_escaped(value) }}'{%- else -%}{{ value }}{%- endif -%}
            {%- if not loop.last -%},{%- endif %}
        {%- endfor %}
    )
    {% endtest %}

    {% test relationships(model, column_name, to, field) %}
    with child as (
        select {{ column_name }} as from_field
        from {{ model }}
        where {{ column_name }} is not null
    ),
    parent as (
        select {{ field }} as to_field
        from {{ to }}
    )
    select
        from_field
    from child
    left join parent
        on child.from_field = parent.to_field
    where parent.to_field is null
    {% endtest %}

    {% macro type_string() %}text{% endmacro %}
    {% macro type_timestamp() %}timestamp without time zone{% endmacro %}
    {% macro type_int() %}integer{% endmacro %}
    {% macro type_bigint() %}bigint{% endmacro %}
    {% macro type_float() %}float{% endmacro %}
    {% macro type_numeric() %}numeric(28,6){% endmacro %}
    {% macro type_boolean() %}boolean{% endmacro %}
    {% macro current_timestamp() %}now(){% endmacro %}
    {% macro hash(field) -%}
    md5(cast({{ field }} as {{ type_string() }}))
    {%- endmacro %}
    {% macro concat(fields) -%}
    {{ fields|join(' || ') }}
    {%- endmacro %}
    {% macro date_trunc(datepart, date) -%}
    date_trunc('{{ datepart }}', {{ date }})
    {%- endmacro %}
    {% macro dateadd(datepart, interval, from_date_or_timestamp) -%}
    {{ from_date_or_timestamp }} + ((interval '1 {{ datepart }}') * ({{ interval }}))
    {%- endmacro %}
    {% macro safe_cast(field, type) -%}
    cast({{ field }} as {{ type }})
    {%- endmacro %}
    {% macro cast(field, type) -%}
    cast({{ field }} as {{ type }})
    {%- endmacro %}
    {% macro length(expression) -%}
    length({{ expression }})
    {%- endmacro %}
    {% macro replace(field, old_chars, new_chars) -%}
    replace({{ field }}, {{ old_chars }}, {{ new_chars }})
    {%- endmacro %}
    {% macro right(string_text, length_expression) -%}
    right({{ string_text }}, {{ length_expression }})
    {%- endmacro %}
    {% macro split_part(string_text, delimiter_text, part_number) -%}
    split_part({{ string_text }}, {{ delimiter_text }}, {{ part_number }})
    {%- endmacro %}
    {% macro string_literal(value) -%}
    '{{ value }}'
    {%- endmacro %}
    {% macro any_value(expression) -%}
    any_value({{ expression }})
    {%- endmacro %}
    {% macro bool_or(expression) -%}
    bool_or({{ expression }})
    {%- endmacro %}
    {% macro except() %}except{% endmacro %}
    {% macro intersect() %}intersect{% endmacro %}
    """

  /// The macros of dbt_utils that small projects use, after their documented behaviour.
  private static let dbtUtilsMacros = """
    {% test accepted_range(model, column_name, min_value=none, max_value=none, inclusive=true) %}
    with meet_condition as (
        select * from {{ model }}
    ),
    validation_errors as (
        select *
        from meet_condition
        where
            1 = 2
            {%- if min_value is not none %}
            or not {{ column_name }} >{{ "=" if inclusive }} {{ min_value }}
            {%- endif %}
            {%- if max_value is not none %}
            or not {{ column_name }} <{{ "=" if inclusive }} {{ max_value }}
            {%- endif %}
    )
    select *
    from validation_errors
    {% endtest %}

    {% test expression_is_true(model, expression, column_name=none) %}
    {% set column_list = '*' if should_store_failures() else '1' %}
    select
        {{ column_list }}
    from {{ model }}
    {% if column_name is none %}
    where not({{ expression }})
    {%- else %}
    where not({{ column_name }} {{ expression }})
    {%- endif %}
    {% endtest %}

    {% test unique_combination_of_columns(model, combination_of_columns, quote_columns=false) %}
    {%- set columns = [] -%}
    {%- for column in combination_of_columns -%}
    {%- do columns.append(riskdeck_quoted(column) if quote_columns else column) -%}
    {%- endfor -%}
    {%- set columns_csv = columns | join(', ') %}
    with validation_errors as (
        select
            {{ columns_csv }}
        from {{ model }}
        group by {{ columns_csv }}
        having count(*) > 1
    )
    select *
    from validation_errors
    {% endtest %}

    {% test not_constant(model, column_name) %}
    select
        count(distinct {{ column_name }}) as filler_column
    from {{ model }}
    having count(distinct {{ column_name }}) = 1
    {% endtest %}

    {% test at_least_one(model, column_name) %}
    select count({{ column_name }}) as filler_column
    from {{ model }}
    having count({{ column_name }}) = 0
    {% endtest %}

    {% test not_empty_string(model, column_name, trim_whitespace=true) %}
    select {{ column_name }}
    from {{ model }}
    where {% if trim_whitespace %}trim({{ column_name }}){% else %}{{ column_name }}{% endif %} = ''
    {% endtest %}

    {% test not_accepted_values(model, column_name, values, quote=True) %}
    select distinct {{ column_name }} as value_field
    from {{ model }}
    where {{ column_name }} in (
        {% for value in values -%}
            {% if quote -%}'{{ riskdeck_escaped(value) }}'{%- else -%}{{ value }}{%- endif -%}
            {%- if not loop.last -%},{%- endif %}
        {%- endfor %}
    )
    {% endtest %}

    {% test relationships_where(model, column_name, to, field, from_condition="1=1", to_condition="1=1") %}
    with left_table as (
        select {{ column_name }} as id
        from {{ model }}
        where {{ column_name }} is not null and {{ from_condition }}
    ),
    right_table as (
        select {{ field }} as id
        from {{ to }}
        where {{ field }} is not null and {{ to_condition }}
    )
    select left_table.id, right_table.id as right_id
    from left_table
    left join right_table on left_table.id = right_table.id
    where right_table.id is null
    {% endtest %}

    {% macro generate_surrogate_key(field_list) -%}
    {%- set default_null_value = '' if var('surrogate_key_treat_nulls_as_empty_strings', false)
        else '_dbt_utils_surrogate_key_null_' -%}
    {%- set fields = [] -%}
    {%- for field in field_list -%}
    {%- do fields.append("coalesce(cast(" ~ field ~ " as text), '" ~ default_null_value ~ "')") -%}
    {%- if not loop.last %}{%- do fields.append("'-'") -%}{%- endif -%}
    {%- endfor -%}
    md5(cast({{ fields | join(' || ') }} as text))
    {%- endmacro %}

    {% macro star(from, relation_alias=none, except=[], prefix='', suffix='', quote_identifiers=true) -%}
    {%- if not execute -%}{{ return('*') }}{%- endif -%}
    {%- set excluded = except | map('lower') | list -%}
    {%- set columns = [] -%}
    {%- for column in riskdeck_columns(from) if column | lower not in excluded -%}
    {%- do columns.append(column) -%}
    {%- endfor -%}
    {%- for column in columns -%}
    {%- set name = riskdeck_quoted(column) if quote_identifiers else column -%}
    {{ relation_alias ~ '.' if relation_alias }}{{ name }}
    {%- if prefix or suffix %} as {{ riskdeck_quoted(prefix ~ column ~ suffix) if quote_identifiers
        else prefix ~ column ~ suffix }}{% endif -%}
    {%- if not loop.last %},
      {% endif -%}
    {%- endfor -%}
    {%- if not columns %}*{% endif -%}
    {%- endmacro %}

    {% macro get_filtered_columns_in_relation(from, except=[]) -%}
    {%- set excluded = except | map('lower') | list -%}
    {%- set columns = [] -%}
    {%- if execute -%}
    {%- for column in riskdeck_columns(from) if column | lower not in excluded -%}
    {%- do columns.append(column) -%}
    {%- endfor -%}
    {%- endif -%}
    {{ return(columns) }}
    {%- endmacro %}

    {% macro date_spine(datepart, start_date, end_date) %}
    select date_{{ datepart }}
    from (
        select generate_series(
            ({{ start_date }})::timestamp, ({{ end_date }})::timestamp, interval '1 {{ datepart }}'
        ) as date_{{ datepart }}
    ) as all_periods
    where date_{{ datepart }} < ({{ end_date }})::timestamp
    {% endmacro %}

    {% macro group_by(n) -%}
    group by {% for i in range(1, n + 1) -%}{{ i }}{{ ',' if not loop.last }}{%- endfor -%}
    {%- endmacro %}

    {% macro safe_divide(numerator, denominator) -%}
    ( {{ numerator }} ) / nullif( ( {{ denominator }} ), 0)
    {%- endmacro %}

    {% macro safe_add(field_list) -%}
    {%- for field in field_list -%}
    coalesce({{ field }}, 0){{ ' + ' if not loop.last }}
    {%- endfor -%}
    {%- endmacro %}
    """
}
