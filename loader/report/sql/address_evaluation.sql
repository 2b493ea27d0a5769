-- One row per contact, and per export row without a contact of that email: how the two addresses compare, and both of
-- them as they stand.
select
    evaluations.email,
    evaluations.evaluation,
    contacts.address_line_1 as our_address_line_1,
    contacts.address_line_2 as our_address_line_2,
    contacts.city as our_city,
    contacts.state as our_state,
    contacts.postal_code as our_postal_code,
    contacts.country as our_country,
    exports.address_line_1 as kajabi_address_line_1,
    exports.address_line_2 as kajabi_address_line_2,
    exports.city as kajabi_city,
    exports.state as kajabi_state,
    exports.postal_code as kajabi_postal_code,
    exports.country as kajabi_country
from kajabi_guard.address_evaluation as evaluations
left join kajabi_guard.stg_crm__contacts as contacts on evaluations.contact_id = contacts.id
left join kajabi_guard.stg_kajabi__contacts as exports on evaluations.row_number = exports.row_number
order by
    array_position(
        array[
            'needs_update', 'missing_here', 'missing_in_kajabi', 'only_in_export', 'only_in_database', 'match'
        ],
        evaluations.evaluation
    ) asc,
    evaluations.email asc
