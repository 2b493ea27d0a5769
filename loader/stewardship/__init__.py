"""What people decide: overrides, protections, who was merged away, who is to be forgotten."""
