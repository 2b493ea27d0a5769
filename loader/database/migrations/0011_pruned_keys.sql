-- Whose contact it was, once the copy of the plan that said so is pruned. Run by `kajabi-guard init` as the owner.

-- One row per contact and key in the plans that `prune` deleted, as a salted digest: by it `forget` finds what was
-- written to the contact. No email and no id stands in it.
create table kajabi_ledger.pruned_keys (
    contact_id uuid not null,
    key_digest text not null,
    primary key (contact_id, key_digest)
);

create index pruned_keys_by_digest on kajabi_ledger.pruned_keys (key_digest);

revoke all on kajabi_ledger.pruned_keys from public;
