-- Every figure of the report.
select section, figure, figure_value from kajabi_guard.impact_summary order by section_order, figure
