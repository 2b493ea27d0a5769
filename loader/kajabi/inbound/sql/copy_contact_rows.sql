-- The records of one export, as text. A cell that is empty is an empty text; a column that the file lacks is null.
copy kajabi_raw.contact_rows (load_id, row_number, %(columns)s)
from stdin (format csv, encoding 'UTF8', force_not_null (%(columns)s))
