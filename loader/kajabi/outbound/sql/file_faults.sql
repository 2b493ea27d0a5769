-- What is wrong with the files for Kajabi that could be made now, counted.
select
    kind,
    fault,
    count(*) as count_faults
from kajabi_guard.file_faults
group by kind, fault
order by kind, fault
