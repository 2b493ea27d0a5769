{{ config(indexes=[{'columns': ['contact_id'], 'unique': true}, {'columns': ['row_number'], 'unique': true}]) }}
-- One row per contact that this export would write to or insert, and whether this plan may: a plan can be restricted.
with writes as (select * from {{ ref('field_decisions') }} where action in ('fill', 'update', 'link')),

new_contacts as (select * from {{ ref('new_contacts') }}),

contacts as (select * from {{ ref('stg_crm__contacts') }}),

exports as (select * from {{ ref('stg_kajabi__contacts') }}),

ledger as (select only_emails, first_count from {{ ref('stg_ledger__state') }}),

updates as (
    select
        contact_id,
        min(row_number) as row_number,
        jsonb_object_agg(field, rule) as field_rules,
        jsonb_object_agg(field, final_value) as field_values
    from writes
    group by contact_id
),

listed as (
    select
        'update' as action,
        updates.contact_id,
        updates.row_number,
        {{ clean_email('contacts.email') }} as email_key,
        to_jsonb(contacts) || updates.field_values as final_values,
        updates.field_rules,
        to_jsonb(contacts) as contact_as_seen
    from updates
    inner join contacts on updates.contact_id = contacts.id
    union all
    select
        'insert' as action,
        contact_id,
        row_number,
        email as email_key,
        jsonb_build_object('email', email, 'kajabi_id', kajabi_id, 'kajabi_member_id', kajabi_member_id)
        || field_values as final_values,
        (
            -- the email is always among them: somebody of whom Kajabi knows nothing else comes in as well
            select jsonb_object_agg(written.key, 'new_contact')
            from jsonb_each_text(
                jsonb_strip_nulls(
                    jsonb_build_object('email', email, 'kajabi_id', kajabi_id, 'kajabi_member_id', kajabi_member_id)
                    || field_values
                )
            ) as written
        ) as field_rules,
        null::jsonb as contact_as_seen
    from new_contacts
),

contact_writes as (
    select
        listed.*,
        case
            when ledger.first_count is not null
                then row_number() over (order by listed.row_number) <= ledger.first_count
            when ledger.only_emails is not null
                then
                    coalesce(ledger.only_emails ? listed.email_key, false)
                    or coalesce(ledger.only_emails ? exports.email_key, false)
            else true
        end as is_in_plan
    from listed
    inner join exports on listed.row_number = exports.row_number
    cross join ledger
)

select * from contact_writes
