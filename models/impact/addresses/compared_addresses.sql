-- One row per living contact whose email is in the export: the two addresses, trimmed and in lower case.
with old_import_matches as (select * from {{ ref('old_import_matches') }} where is_deciding),

exports as (select * from {{ ref('stg_kajabi__contacts') }}),

contacts as (select * from {{ ref('stg_crm__contacts') }} where not is_deleted),

compared_addresses as (
    select
        contacts.id as contact_id,
        old_import_matches.row_number,
        array(
            select lower({{ trim_text('part.text') }})
            from
                unnest(array[
                    contacts.address_line_1, contacts.address_line_2, contacts.city,
                    contacts.state, contacts.postal_code, contacts.country
                ]) with ordinality as part (text, position)
            order by part.position
        ) as our_parts,
        array[
            lower(exports.address_line_1), lower(exports.address_line_2), lower(exports.city),
            lower(exports.state), lower(exports.postal_code), lower(exports.country)
        ] as kajabi_parts
    from old_import_matches
    inner join exports on old_import_matches.row_number = exports.row_number
    inner join contacts on old_import_matches.contact_id = contacts.id
)

select * from compared_addresses
