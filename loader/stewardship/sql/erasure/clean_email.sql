-- An email as a key.
select kajabi_ledger.clean_email(%(email)s::text) as email
