-- Four rules have plainer names: what waits was opened under the old ones. Run by `kajabi-guard init` as the owner.
update kajabi_ledger.open_conflicts
set
    rule = case rule
        when 'other_contact_owner' then 'contact_owned_elsewhere'
        when 'other_field_owner' then 'field_owned_elsewhere'
        when 'ours_first' then 'no_baseline'
        when 'cleared_here' then 'blanked_here'
    end
where rule in ('other_contact_owner', 'other_field_owner', 'ours_first', 'cleared_here');
