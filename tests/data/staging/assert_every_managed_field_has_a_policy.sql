-- Invariant: the seed `field_policies` has exactly the nine fields that an import may write, six of them an address.
-- It guards the decisions: a field without a policy would be treated as an id to link, and nobody would be asked.
with managed_fields (field, is_address) as (
    values
    ('first_name', false),
    ('last_name', false),
    ('phone', false),
    ('address_line_1', true),
    ('address_line_2', true),
    ('city', true),
    ('state', true),
    ('postal_code', true),
    ('country', true)
),

field_policies as (select * from {{ ref('field_policies') }}),

bad_rows as (
    select
        coalesce(managed_fields.field, field_policies.field) as field,
        field_policies.policy
    from managed_fields
    full outer join field_policies on managed_fields.field = field_policies.field
    where managed_fields.is_address is distinct from field_policies.is_address or field_policies.policy is null
)

select * from bad_rows
