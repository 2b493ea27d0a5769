"""The whole story on a practice server, with invented people."""
