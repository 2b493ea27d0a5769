"""The plan that stands, as a document: on the screen, as a page, as files."""
