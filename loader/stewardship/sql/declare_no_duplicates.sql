-- Somebody says that nobody was ever merged away here.
insert into kajabi_ledger.duplicates_declared_none (declared_by, because) values (%(declared_by)s, %(because)s)
