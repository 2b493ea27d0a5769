-- One picture for the whole export: plan, consent and contacts as of one moment.
-- A row that a policy hides is an error: an opt-out that cannot be seen would not be obeyed.
set local transaction_isolation = 'repeatable read';
set local row_security = off;
set local lock_timeout = '30s';
set local statement_timeout = '30min'
