-- That a person was erased: who did it, why, and how much it was. A key of theirs in the reason is erased as well.
insert into kajabi_ledger.erasures (key_digests, row_counts, because, erased_by)
select
    array(
        select kajabi_ledger.key_digest(salts.salt, keys.key_kind, keys.key_value)
        from (
            select
                'email' as key_kind,
                unnest(%(emails)s::text[]) as key_value
            union all
            select
                'kajabi_id',
                unnest(%(kajabi_ids)s::text[])
        ) as keys
        order by 1
    ),
    %(row_counts)s,
    regexp_replace(
        normalize(%(because)s::text, NFC),
        kajabi_ledger.keys_pattern(
            %(emails)s::text[] || %(kajabi_ids)s::text[] || %(member_ids)s::text[] || %(contact_ids)s::uuid[]::text[]
        ),
        '(erased)',
        'gi'
    ),
    %(erased_by)s
from kajabi_ledger.erasure_salt as salts
returning erasure_id
