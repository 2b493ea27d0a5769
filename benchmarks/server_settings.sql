-- Every setting of the server that is not PostgreSQL's own default, but for places, names of languages and clocks.
select
    name,
    current_setting(name) as value
from pg_settings
where
    source in ('command line', 'configuration file', 'database', 'user', 'database user')
    and setting is distinct from boot_val
    and setting not like '/%'
    and name !~* '^(lc_|datestyle|timezone|log_timezone|default_text_search_config)'
order by name
