"""``python -m loader`` is ``kajabi-guard``."""

from loader.cli import main

main()
