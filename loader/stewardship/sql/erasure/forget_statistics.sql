-- The planner's samples of the tables, without the person.
select kajabi_ledger.renew_statistics() as is_renewed
