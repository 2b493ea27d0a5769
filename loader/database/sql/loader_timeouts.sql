-- A dead client must not keep its locks, and one slow statement must not hang for ever.
set local lock_timeout = '30s';
set local statement_timeout = '30min';
set local idle_in_transaction_session_timeout = '10min'
