{# The grain of a model that holds one row: figures, the plan's inputs. No row at all means that nothing is loaded. #}
{% test at_most_one_row(model) %}

select count(*) as count_rows
from {{ model }}
having count(*) > 1

{% endtest %}
