-- One row of a file for Kajabi: a living contact without a Kajabi id that is not in the export. Null: not sent.
-- Whether those of unknown consent go out is said at the export: `consent` tells them apart.
with records as (
    select * from {{ ref('sendable_records') }}
    where left_out_because is null and kajabi_id is null and not is_in_export
),

kajabi_new_contacts as (
    select
        contact_id,
        email_key,
        consent,
        email,
        name,
        phone,
        {{ list_fields('case when has_address then FIELD end as FIELD', address_fields()) }}
    from records
)

select * from kajabi_new_contacts
