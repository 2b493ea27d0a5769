{# The grain of a model that holds one row: the plan, and what it was made from.
   No row at all means that nothing is loaded. #}
{% test at_most_one_row(model) %}

select count(*) as count_rows
from {{ model }}
having count(*) > 1

{% endtest %}
