-- The next plan is for everybody.
delete from kajabi_ledger.plan_scope
