"""The entry point: ``watcher``, or ``python -m watcher``."""

import os
import sys


def main() -> None:
    """Run the command line; the health check of a container, which has no options, without it."""
    if sys.argv[1:] == ["status"] and not sys.stdout.isatty():
        from pathlib import Path  # noqa: PLC0415 - only what is needed

        from watcher.show_status import show_plainly  # noqa: PLC0415

        sys.exit(show_plainly(Path(os.environ.get("WATCHER_STATE") or "state")))
    from watcher.cli import main as run  # noqa: PLC0415

    run()


if __name__ == "__main__":
    main()
