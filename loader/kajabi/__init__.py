"""The two doors to Kajabi: its export comes in, files for its importer go out."""
