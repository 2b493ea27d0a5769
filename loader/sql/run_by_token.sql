-- The run that a client had begun when it lost the connection.
select run_id from kajabi_ledger.merge_runs where run_token = %(run_token)s and status = 'applied'
