-- What a label of the lists means, why it is so, and what to do: of the decision rules and of the reasons for holding.
select label, rule as code, meaning, why, null as remedy from kajabi_guard.decision_rules
union all
select label, hold_reason as code, meaning, why, remedy from kajabi_guard.hold_reasons
