-- One check of `doctor`: it changes nothing, and it waits for nobody for long.
set local transaction_read_only = on;
set local lock_timeout = '2s';
set local statement_timeout = '1min'
