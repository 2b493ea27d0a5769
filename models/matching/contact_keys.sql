-- One row per key and contact that the key leads to. A deleted contact's keys lead to its survivor, where one is known.
with contacts as (select * from {{ ref('stg_crm__contacts') }}),

further_emails as (select * from {{ ref('stg_crm__contact_emails') }}),

merge_survivors as (select * from {{ ref('stg_ledger__merge_survivors') }}),

own_keys as (
    select
        contacts.id as contact_id,
        own_key.key_name,
        own_key.key_order,
        own_key.key_value,
        contacts.is_deleted
    from contacts
    cross join lateral (
        values
        ('kajabi_id', 1, {{ trim_text('contacts.kajabi_id') }}),
        ('primary_email', 2, {{ clean_email('contacts.email') }})
    ) as own_key (key_name, key_order, key_value)
    where own_key.key_value is not null
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

surviving_keys as (
    select distinct
        coalesce(survivors.contact_id, own_keys.contact_id) as contact_id,
        own_keys.key_name,
        own_keys.key_order,
        own_keys.key_value,
        own_keys.is_deleted and survivors.contact_id is null as is_deleted
    from own_keys
    left join survivors on own_keys.contact_id = survivors.deleted_contact_id
),

contact_keys as (
    select * from surviving_keys
    union all
    select contact_id, 'other_email', 3, email_key, false from further_emails
    union all
    select contact_id, 'merged_email', 4, old_email, false from merge_survivors where old_email is not null
    union all
    select contact_id, 'merged_kajabi_id', 4, old_kajabi_id, false from merge_survivors where old_kajabi_id is not null
)

select * from contact_keys
