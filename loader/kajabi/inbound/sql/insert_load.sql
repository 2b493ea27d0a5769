-- One export file. The ranks are set afterwards: a load that fails is never the newest. The count of its records is
-- set in the same transaction: nobody sees this one.
insert into kajabi_raw.loads (
    file_name, sha256, byte_count, row_count, encoding, header, mapped_columns, unmapped_columns, columns_version,
    loaded_by
)
values (
    %(file_name)s, %(sha256)s, %(byte_count)s, 1, %(encoding)s, %(header)s, %(mapped_columns)s,
    %(unmapped_columns)s, %(columns_version)s, %(loaded_by)s
)
returning load_id
