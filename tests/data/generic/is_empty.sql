{# A guard: every row is a violation. It warns only, because it must not stop the other guards from being asked;
   `assert_every_guard_passed` is the error, and the write reads `guard_verdict` again. For the same reason guards have
   no grain test of their own: their healthy state is no row at all. #}
{% test is_empty(model) %}

    {{ config(severity='warn') }}

    select * from {{ model }}

{% endtest %}
