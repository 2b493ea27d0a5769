"""Files for Kajabi's importer go out."""
