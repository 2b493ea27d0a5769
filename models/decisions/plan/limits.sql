{{ config(indexes=[{'columns': ['limit_name'], 'unique': true}]) }}
-- One row per limit of the breakers, as the guards of this build have them: part of the policy and of the fingerprint.
with limits as (
    select
        limit_name,
        limit_value
    from (
        values
        ('shrink_limit_percent', {{ var('shrink_limit_percent') }}::numeric),
        ('filled_limit_points', {{ var('filled_limit_points') }}),
        ('filled_limit_values', {{ var('filled_limit_values') }}),
        ('volume_limit_percent', {{ var('volume_limit_percent') }}),
        ('volume_limit_contacts', {{ var('volume_limit_contacts') }}),
        ('damaged_codes_limit', {{ var('damaged_codes_limit') }}),
        ('shifted_rows_limit', {{ var('shifted_rows_limit') }})
    ) as named (limit_name, limit_value)
)

select * from limits
