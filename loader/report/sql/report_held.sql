-- Export rows that are quarantined, by reason.
select
    reasons.hold_reason,
    reasons.label,
    reasons.remedy,
    count(*) as count_rows
from kajabi_guard.quarantined_rows as held
inner join kajabi_guard.hold_reasons as reasons on held.hold_reason = reasons.hold_reason
group by reasons.hold_reason, reasons.label, reasons.remedy
order by count(*) desc, reasons.hold_reason
