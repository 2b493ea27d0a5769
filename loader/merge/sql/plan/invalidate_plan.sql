-- Take every view away before anything is rebuilt, the verdict among them: a plan that is half made must not stand
-- beside an old green verdict. And dbt's threads, which replace a view by dropping what is built on it, would
-- otherwise drop the same views in two orders and lock each other out.
do $$
declare
    views text := (
        select string_agg(format('%I.%I', schemaname, viewname), ', ' order by viewname)
        from pg_catalog.pg_views
        where schemaname = 'kajabi_guard'
    );
begin
    if views is not null then
        execute 'drop view if exists ' || views || ' cascade';
    end if;
end
$$
