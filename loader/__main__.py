"""``python -m loader`` and the installed ``kajabi-guard``: Ctrl-C is answered from the first moment on.

What is heavy is imported last. Until then nothing was begun, so Ctrl-C ends the process at once: an exception in the
middle of an import would show as a traceback.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

IGNORED_BY_SCRIPT = "KAJABI_GUARD_IGNORES_INTERRUPT"  # the script in a checkout ignores Ctrl-C while Python starts
NOT_BEGUN = "Stopped before anything was done; type the command again when you are ready.\n"
STOPPED = "Stopped. What was not finished was rolled back.\n"
EXIT_CODE = 1


def main() -> None:
    """Run a command. Where whoever started it ignores Ctrl-C (a job in the background), so does the command."""
    is_ours = os.environ.pop(IGNORED_BY_SCRIPT, "") == "yes"
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and not is_ours:
        from .cli.main import main as run  # noqa: PLC0415

        run()
        return
    signal.signal(signal.SIGINT, _stop)
    try:
        from .cli.main import main as run  # noqa: PLC0415  # half a second in which Ctrl-C is pressed

        signal.signal(signal.SIGINT, signal.default_int_handler)
        run()
    except KeyboardInterrupt:  # just before the command listens, or a second one while the first is answered
        sys.stderr.write(STOPPED)
        sys.exit(EXIT_CODE)
    finally:
        # the command has said all: while Python takes itself down, Ctrl-C ends it without a word
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    os.write(2, NOT_BEGUN.encode())
    os._exit(EXIT_CODE)


if __name__ == "__main__":
    main()
