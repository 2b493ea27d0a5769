"""What is typed and printed: each file parses, calls one function of one room, and prints. No statement is run here."""
