-- Somebody says that nobody was ever merged away here.
insert into kajabi_ledger.no_merged_contacts_declared (declared_by, because) values (%(declared_by)s, %(because)s)
