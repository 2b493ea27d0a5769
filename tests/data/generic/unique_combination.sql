{# The grain of a view or a seed, or of a table whose key may be null: for any other table PostgreSQL holds it, by the
   unique index of its `config`. Each combination of these columns comes once, and none of them is null.
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
