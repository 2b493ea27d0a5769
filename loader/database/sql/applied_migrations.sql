-- Names of the migrations that this database has had.
select migration from kajabi_ledger.schema_migrations order by migration
