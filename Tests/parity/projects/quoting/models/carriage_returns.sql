select order_id,
  amount
from {{ ref("nested") }}
