"""``python -m loader`` is ``kajabi-guard``."""

from .cli.main import main

main()
