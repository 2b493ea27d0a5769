"""What every room may use and what knows no database: errors, paths, names of fields, tables, the screen, files."""
