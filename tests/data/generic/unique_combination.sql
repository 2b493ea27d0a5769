{# The grain of a model: each combination of these columns once, and none of them null.
   `nullable` names the columns of the key that may be null; two nulls then count as equal. #}
{% test unique_combination(model, columns, nullable=[]) %}

select
    {{ columns | join(', ') }},
    count(*) as count_rows
from {{ model }}
group by {{ columns | join(', ') }}
having
    count(*) > 1
    {% for column in columns if column not in nullable %}
    or {{ column }} is null
    {% endfor %}

{% endtest %}
