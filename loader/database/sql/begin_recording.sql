-- An override is recorded beside others, and never while a run is computed or written: it waits for its end.
set local transaction_isolation = 'read committed';
set local lock_timeout = '60s';
set local idle_in_transaction_session_timeout = '2min'
