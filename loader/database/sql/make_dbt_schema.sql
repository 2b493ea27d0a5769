-- The schema of dbt, where it is missing: `if not exists` would ask for a right that a planner need not have.
do $$
begin
    if to_regnamespace('kajabi_guard') is null then
        create schema kajabi_guard;
    end if;
end
$$;
