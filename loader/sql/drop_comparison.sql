-- The comparison's schema holds copies of decisions; it goes when they have been read.
drop schema if exists kajabi_guard_comparison cascade
