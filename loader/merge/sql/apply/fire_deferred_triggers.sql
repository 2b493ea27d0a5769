-- Triggers that wait for the commit fire now: what they do must be seen by the checks that follow.
set constraints all immediate
