"""``doctor``: what is wrong with a database, the role or this machine, and how to mend it."""
