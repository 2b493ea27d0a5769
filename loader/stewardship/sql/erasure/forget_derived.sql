-- What dbt has built: copies of the contacts and of the export.
select kajabi_ledger.drop_derived() as count_relations
