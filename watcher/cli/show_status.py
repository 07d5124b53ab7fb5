"""How the watch is doing, in lines for people or as plain data.

And all of ``watcher status`` when there is no option to understand: a container asks for it all day long, on small
machines too, so nothing is loaded that it does not need.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from watcher.errors import WatcherError
from watcher.store import Health, database_in
from watcher.store.health import DEAD_AFTER, Status, by_hand, stopped
from watcher.wording import one_line, span

# Parts of a line, each with its style.
Line = Sequence[tuple[str, str]]


def show_plainly(state: Path) -> int:
    """Write the status of a state directory to standard output; return the exit code."""
    now = datetime.now(UTC)
    try:
        with Health(database_in(state)) as log:
            status = log.status(now)
    except WatcherError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    for line in status_lines(status, now, lambda moment: f"{moment:%d %b %H:%M} UTC"):
        sys.stdout.write("".join(text for text, _style in line) + "\n")
    return 0 if status.healthy else 1


def status_lines(status: Status, now: datetime, shown: Callable[[datetime], str]) -> Iterator[Line]:
    """The lines.

    Args:
        shown: writes a moment for people.
    """
    yield [("healthy", "green") if status.healthy else ("needs attention", "red")]
    for problem in status.problems:
        yield [("  • ", "red"), (one_line(problem), "")]
    yield _named("feeds", _counts(status.feeds))
    yield _named("articles", f"{status.articles}, of which {status.unread} are still to be read")
    yield _named("hits", f"{status.hits}, {status.hits_today} in the last 24 h")
    yield _named("deliveries", _counts(status.deliveries))
    if status.latency is not None:
        yield _named("latency", f"p50 {status.latency[0]:.1f} s, p95 {status.latency[1]:.1f} s from seen to accepted")
    if "canary" in status.beats:
        yield _named("canary", f"came through {span(now - status.beats['canary'])} ago, in {status.canary}")
    yield _run(status, now)
    if status.failing:
        yield [("failing feeds", "")]
    for row in status.failing:
        after = row["next_poll_at"]
        again = f"; next try {shown(datetime.fromisoformat(str(after)))}" if after else ""
        yield [(f"  {row['feed_id']}: {one_line(str(row['last_detail']), 120)}{again}", "")]


def _named(name: str, text: str) -> Line:
    return [(f"{name:<12}{text}", "")]


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {word}" for word, number in sorted(counts.items())) or "none yet"


def _run(status: Status, now: datetime) -> Line:
    """What keeps the watch going: the daemon, or `run --once`."""
    if by_hand(status.beats):
        return _named("run --once", f"ended {span(now - status.beats['once'])} ago")
    beat = status.beats.get("daemon")
    if beat is None:
        return _named("daemon", "never started")
    if stopped(status.beats):
        return _named("daemon", f"was stopped {span(now - status.beats['stopped'])} ago")
    if now - beat > DEAD_AFTER:
        return _named("daemon", f"does not run; its last sign of life was {span(now - beat)} ago")
    return _named("daemon", f"runs; its last sign of life was {span(now - beat)} ago")


def status_dict(status: Status) -> dict[str, object]:
    """The status as plain data."""
    return {
        "healthy": status.healthy,
        "problems": list(status.problems),
        "feeds": dict(status.feeds),
        "failing": list(status.failing),
        "slowest": list(status.slowest),
        "overdue_seconds": status.overdue.total_seconds(),
        "unread": status.unread,
        "articles": status.articles,
        "hits": status.hits,
        "hits_24h": status.hits_today,
        "deliveries": dict(status.deliveries),
        "oldest_pending_seconds": status.oldest_pending.total_seconds(),
        "paused": list(status.paused),
        "beats": {name: at.isoformat() for name, at in status.beats.items()},
        "canary": status.canary,
        "troubles": list(status.troubles),
        "latency_seconds": None
        if status.latency is None
        else {"p50": round(status.latency[0], 3), "p95": round(status.latency[1], 3)},
        "wal_bytes": status.wal_bytes,
    }
