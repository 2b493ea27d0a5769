-- An export: which kind, from which load, how much, by whom.
insert into kajabi_ledger.exports_made (kind, load_id, folder, count_rows, count_files, made_by)
values (%(kind)s, %(load_id)s, %(folder)s, %(count_rows)s, %(count_files)s, %(made_by)s)
returning export_id
