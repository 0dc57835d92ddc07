select
  '{{ target.name }}' as target_name, '{{ target.type }}' as type, '{{ env_var("PARITY_UNSET", "unset") }}' as variable,
  '{{ project_name }}' as project, '{{ this.identifier }}' as own_name, {{ execute | lower }} as executing
from {{ ref('pivoted') }}
limit 1
