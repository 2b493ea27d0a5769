-- Note one migration, in the transaction that ran it.
insert into kajabi_ledger.schema_migrations (migration) values (%(migration)s)
