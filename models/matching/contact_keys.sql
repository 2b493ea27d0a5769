{{ config(
    indexes=[{'columns': ['contact_id', 'key_name', 'key_value'], 'unique': true}],
    meta={'may_be_null': ['contact_id']}
) }}
-- One row per key and contact that the key leads to. A deleted contact's keys lead to its survivor, where one is known.
with contacts as (select * from {{ ref('stg_crm__contacts') }}),

further_emails as (select * from {{ ref('stg_crm__contact_emails') }}),

merge_survivors as (select * from {{ ref('stg_ledger__merge_survivors') }}),

own_keys as (
    select
        id as contact_id,
        'kajabi_id' as key_name,
        1 as key_order,
        {{ trim_text('kajabi_id') }} as key_value,
        is_deleted
    from contacts
    union all
    select id, 'primary_email', 2, {{ clean_email('email') }}, is_deleted
    from contacts
),

-- a merge recorded for one key of a deleted contact leads all its keys to the survivor
survivors as (
    select distinct
        own_keys.contact_id as deleted_contact_id,
        merge_survivors.contact_id
    from own_keys
    inner join merge_survivors
        on
            own_keys.key_value
            = case own_keys.key_name
                when 'kajabi_id' then merge_survivors.old_kajabi_id
                else merge_survivors.old_email
            end
    where own_keys.is_deleted and merge_survivors.contact_id is not null
),

-- several deleted contacts can lead to one survivor, who can have the same key
surviving_keys as (
    select distinct
        coalesce(survivors.contact_id, own_keys.contact_id) as contact_id,
        own_keys.key_name,
        own_keys.key_order,
        own_keys.key_value,
        survivors.contact_id is null as is_deleted
    from own_keys
    left join survivors on own_keys.contact_id = survivors.deleted_contact_id
    left join own_keys as keys_of_survivor
        on
            survivors.contact_id = keys_of_survivor.contact_id
            and own_keys.key_name = keys_of_survivor.key_name
            and own_keys.key_value = keys_of_survivor.key_value
            and not keys_of_survivor.is_deleted
    where own_keys.is_deleted and own_keys.key_value is not null and keys_of_survivor.contact_id is null
),

contact_keys as (
    select * from own_keys where not is_deleted and key_value is not null
    union all
    select * from surviving_keys
    union all
    select contact_id, 'other_email', 3, email_key, false from further_emails
    union all
    select contact_id, 'merged_email', 4, old_email, false from merge_survivors where old_email is not null
    union all
    select contact_id, 'merged_kajabi_id', 4, old_kajabi_id, false from merge_survivors where old_kajabi_id is not null
)

select * from contact_keys
