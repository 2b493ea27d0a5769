-- Count what the raw table holds now, or the next plan is made for the loads of before. A role that does not own the
-- table is told so by PostgreSQL, which then counts by itself some time later.
analyze kajabi_raw.contact_rows (load_id, row_number);
