{# Invariant: `contact_writes` holds every value whose rule writes, as decided, and every new contact; and it holds no
   value that no rule wrote.
   It guards the way from long decisions to wide rows.
   A value lost there would be decided and reported as filled but never be written, week after week;
   a value too many would be written without a rule. #}
{% macro every_write_is_collected() -%}
    with decided as (
        select contact_id, field, rule, final_value
        from {{ ref('field_decisions') }}
        where action in ('fill', 'update', 'link')
    ),

    new_contacts as (select * from {{ ref('new_contacts') }}),

    contact_writes as (select * from {{ ref('contact_writes') }}),

    expected as (
        select contact_id, 'update' as action, field, rule, final_value from decided
        union all
        select
            new_contacts.contact_id,
            'insert' as action,
            each_value.key as field,
            'new_contact' as rule,
            each_value.value as final_value
        from new_contacts
        cross join lateral jsonb_each_text(
            new_contacts.field_values || jsonb_build_object(
                'email', new_contacts.email,
                'kajabi_id', new_contacts.kajabi_id,
                'kajabi_member_id', new_contacts.kajabi_member_id
            )
        ) as each_value
        where each_value.value is not null
    ),

    collected as (
        select
            contact_writes.contact_id,
            contact_writes.action,
            written.key as field,
            written.value as rule,
            contact_writes.final_values ->> written.key as final_value
        from contact_writes
        cross join lateral jsonb_each_text(contact_writes.field_rules) as written
    ),

    lost as (
        select * from expected
        except all
        select * from collected
    ),

    added as (
        select * from collected
        except all
        select * from expected
    ),

    bad_rows as (
        select *, 'not collected' as finding from lost
        union all
        select *, 'not decided' as finding from added
    )

    select * from bad_rows
{%- endmacro %}
