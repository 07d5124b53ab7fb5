"""The entry point: ``watcher``, or ``python -m watcher``; what has to be so before anything large is imported."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line; the health check of a container, which has no options, without it."""
    if sys.argv[1:] == ["status"] and not sys.stdout.isatty():
        from pathlib import Path  # noqa: PLC0415 - only what is needed

        from watcher.cli.show_status import show_plainly  # noqa: PLC0415

        sys.exit(show_plainly(Path(os.environ.get("WATCHER_STATE") or "state")))
    if sys.argv[1:2] == ["run"]:
        _heed_signals_early(once="--once" in sys.argv)
    from watcher.cli.app import main as run  # noqa: PLC0415

    run()


def _heed_signals_early(*, once: bool) -> None:
    """Until the daemon listens itself: end at once when told to, and do not die of a request to reload.

    Nothing has been begun yet, so that an end at once leaves nothing undone; what a single pass was to do is undone.
    """
    import signal  # noqa: PLC0415 - other commands do without

    def end(number: int, _frame: object) -> None:
        os._exit(128 + number if once else 0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    if not once:
        # The configuration is not read yet: it will be read as it is then. A function, for what is ignored would be
        # ignored by the workers too.
        signal.signal(signal.SIGHUP, lambda *_: None)


if __name__ == "__main__":
    main()
