-- What another session holds shut is one line of `doctor`, and the others are not to wait for it.
set local lock_timeout = '3s';
set local statement_timeout = '60s'
