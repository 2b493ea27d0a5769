-- What became of the corrections sent, by the export that sent them last.
select
    export_id,
    count(*) as sent,
    count(*) filter (where outcome = 'arrived') as arrived,
    count(*) filter (where outcome = 'not_yet') as not_yet,
    count(*) filter (where outcome = 'otherwise') as otherwise
from kajabi_guard.correction_outcomes
group by export_id
