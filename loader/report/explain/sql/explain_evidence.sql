-- One row per managed field of one contact and piece of evidence about who gave our value, differing or not.
-- What a difference was weighed with is the model `field_provenance`; a test holds that the two agree.
with seen as (select * from kajabi_guard.stg_crm__contacts where id = %(contact_id)s),

written as (
    select distinct on (changes.field)
        changes.field,
        changes.written_value
    from kajabi_ledger.field_changes as changes
    inner join kajabi_ledger.merge_runs as runs on changes.run_id = runs.run_id
    cross join kajabi_guard.plan_summary
    -- what was written after the plan, by its own run as well, is no evidence that it knew
    where changes.contact_id = %(contact_id)s and runs.started_at < plan_summary.planned_at
    order by changes.field asc, changes.run_id desc
),

pieces as (
    select
        policies.field,
        policies.position,
        piece.*
    from seen
    cross join kajabi_guard.field_policies as policies
    cross join kajabi_guard.plan_summary
    left join kajabi_ledger.contact_field_sources as sources
        on
            seen.id = sources.contact_id
            and policies.field = sources.field
            and plan_summary.planned_at >= sources.since
    left join written on policies.field = written.field
    cross join lateral (
        values
        ('contact_field_sources', sources.source),
        ('phone_source', case when policies.field = 'phone' then seen.phone_source end),
        ('billing_address_source', case when policies.is_address then seen.billing_address_source end),
        (
            'paypal_value',
            case
                when kajabi_ledger.trim_text(
                    case policies.field
                        when 'first_name' then seen.paypal_first_name
                        when 'last_name' then seen.paypal_last_name
                        when 'phone' then seen.paypal_phone
                    end
                ) is not null then 'paypal'
            end
        ),
        (
            'edited_here',
            case
                when
                    written.field is not null
                    and kajabi_ledger.trim_text(to_jsonb(seen) ->> policies.field) is not null
                    and (
                        written.written_value
                        is distinct from kajabi_ledger.trim_text(to_jsonb(seen) ->> policies.field)
                    )
                    then 'manual'
            end
        ),
        ('source_system', seen.source_system)
    ) as piece (evidence, source)
)

select
    pieces.field,
    pieces.evidence,
    known.source_label,
    known.provenance_class,
    known.priority,
    known.label,
    -- in the order in which `field_owners` chooses
    row_number() over (
        partition by pieces.field
        order by
            pieces.evidence = 'edited_here' desc, pieces.evidence = 'contact_field_sources' desc,
            known.priority asc, pieces.evidence asc
    ) = 1 as is_shown
from pieces
inner join kajabi_guard.stg_ledger__source_labels as known
    on lower(kajabi_ledger.trim_text(pieces.source)) = known.source_label
order by pieces.position asc, is_shown desc, known.priority asc, pieces.evidence asc
