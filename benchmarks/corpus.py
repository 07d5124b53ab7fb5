"""Runs the parser and the extractor over directories of real documents, in worker processes as the daemon does.

    python benchmarks/corpus.py DIRECTORY ... [--workers 2] [--limit 30] [--show 3]

Feeds are files named ``.xml .rss .atom .rdf``, and ``.json`` that say they are JSON Feed; pages are ``.html .htm``;
each may be gzipped (``.gz``). Nothing may crash, hang, or end a worker: the exit code is 1 when something did. Good
sources are the test suites of other feed readers and extractors. Copy none of them here.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import re
import sys
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from watcher.engine.local import Crew, WorkerLost, default_workers
from watcher.engine.work import Fault, Limits, Page, ParseJob, Reading, parse_feed, read_article
from watcher.model import ArticleId, FailureKind, OutletId, ParsedFeed, ReadJob

URL = "https://corpus.example/path/document"
NOW = datetime.now(UTC)
JOB = ReadJob(ArticleId(1), URL, URL, "", "", "", "", None, NOW, OutletId("corpus"), "national")
BAD = {FailureKind.WORKER_DIED, FailureKind.WORKER_TIMEOUT, FailureKind.INTERNAL}


@dataclass
class Tally:
    """What became of the documents of one kind."""

    results: Counter[str] = field(default_factory=Counter)
    examples: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    seconds: list[tuple[float, str]] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    bad: int = 0

    def add(self, result: str, name: str, seconds: float) -> None:
        """Counts one document."""
        self.results[result] += 1
        self.examples[result].append(name)
        self.seconds.append((seconds, name))


def documents(directories: Sequence[Path], *suffixes: str) -> Iterator[tuple[Path, bytes]]:
    """The files of the suffixes, unpacked."""
    for directory in directories:
        for path in sorted(directory.rglob("*")):
            if path.is_file() and path.name.removesuffix(".gz").lower().endswith(suffixes):
                body = path.read_bytes()
                try:
                    yield path, gzip.decompress(body) if path.suffix == ".gz" else body
                except (OSError, EOFError, zlib.error):
                    print(f"cannot be unpacked: {path}")


async def run(
    crew: Crew, found: Iterator[tuple[Path, bytes]], judge: Callable[[Crew, bytes], Awaitable[tuple[str, list[str]]]]
) -> Tally:
    """Judges all documents, as many at once as there are workers."""
    tally = Tally()

    async def lane() -> None:
        for path, body in found:
            started = time.perf_counter()
            try:
                result, notes = await judge(crew, body)
            except WorkerLost as error:
                result, notes = f"LOST {error.kind}: {error}", []
            tally.bad += result.startswith(("LOST", "MISTAKE"))
            tally.add(result, str(path), time.perf_counter() - started)
            tally.notes.update(notes)

    await asyncio.gather(*(lane() for _ in range(crew.size)))
    return tally


def feed_judge(limit: timedelta) -> Callable[[Crew, bytes], Awaitable[tuple[str, list[str]]]]:
    """Tells what the parser makes of a document."""

    async def judge(crew: Crew, body: bytes) -> tuple[str, list[str]]:
        parsed = await crew.run(parse_feed, ParseJob(body, {}, URL, NOW), limit=limit)
        if isinstance(parsed, Fault):
            return fault(parsed), []
        how = "parsed" if parsed.entries else "parsed, without items"
        return (how if parsed.complete else "parsed, truncated"), notes_of(parsed)

    return judge


def notes_of(parsed: ParsedFeed) -> list[str]:
    """What was odd, by kind; and what the entries are known and dated by."""
    odd = [re.sub(r"item \d+: |\d+", "", note).partition(":")[0][:60] for note in (*parsed.notes, *parsed.dropped)]
    return [
        *(f"odd: {note}" for note in set(odd)),
        *(f"identity: {entry.uid_source}" for entry in parsed.entries),
        *(f"date: {entry.date_source}" for entry in parsed.entries),
    ]


def page_judge(limit: timedelta) -> Callable[[Crew, bytes], Awaitable[tuple[str, list[str]]]]:
    """Tells what the extractor makes of a page."""

    async def judge(crew: Crew, body: bytes) -> tuple[str, list[str]]:
        reading = await crew.run(read_article, JOB, Page(body, {}, URL), limit=limit)
        if isinstance(reading, Fault):
            return fault(reading), []
        return refusal(reading) if reading.refused else "extracted", []

    return judge


def refusal(reading: Reading) -> str:
    """A refusal without its numbers, so that like ones count together."""
    assert reading.refused is not None
    reason = re.sub(r"\d+", "N", reading.refused.detail)
    return f"refused, {reading.refused.kind}: {reason[:60]}"


def fault(found: Fault) -> str:
    """The same of a document that the parser refuses."""
    kind = "refused" if found.of_document else "MISTAKE"
    return f"{kind}, {found.kind}: {re.sub(r'<[^>]*>|: .*|[(].*', '', found.detail)[:60]}"


def show(title: str, tally: Tally, elapsed: float, examples: int) -> None:
    """Prints the table of one kind."""
    times = sorted(seconds for seconds, _ in tally.seconds)
    if not times:
        return
    middle, late = times[len(times) // 2], times[min(len(times) - 1, int(len(times) * 0.99))]
    print(f"\n{title}: {len(times)} documents in {elapsed:.1f} s; ms each: median {1000 * middle:.1f},", end=" ")
    print(f"p99 {1000 * late:.0f}, worst {1000 * times[-1]:.0f} ({max(tally.seconds)[1]})")
    for result, count in tally.results.most_common():
        print(f"{count:7}  {result}")
        for name in tally.examples[result][: examples if not result.startswith(("parsed", "extracted")) else 0]:
            print(f"             {name}")
    for note, count in tally.notes.most_common(30):
        print(f"{count:7}      {note}")


async def main(arguments: argparse.Namespace) -> int:
    """Runs everything; 1 when a document took a worker along or showed a mistake of ours."""
    limit = timedelta(seconds=arguments.limit)
    crew = Crew(arguments.workers, None, Limits(seconds=arguments.limit + 30))
    feeds = documents(arguments.directories, ".xml", ".rss", ".atom", ".rdf")
    json_feeds = (
        (path, body) for path, body in documents(arguments.directories, ".json") if b"jsonfeed.org/version" in body
    )
    pages = documents(arguments.directories, ".html", ".htm")
    bad = 0
    try:
        for title, found, judge in (
            ("RSS and Atom", feeds, feed_judge(limit)),
            ("JSON Feed", json_feeds, feed_judge(limit)),
            ("pages", pages, page_judge(limit)),
        ):
            started = time.perf_counter()
            tally = await run(crew, found, judge)
            show(title, tally, time.perf_counter() - started, arguments.show)
            bad += tally.bad
    finally:
        await crew.close()
    print(f"\nworkers lost, or mistakes of ours: {bad}")
    return 1 if bad else 0


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directories", nargs="+", type=Path)
    parser.add_argument("--workers", type=int, default=default_workers())
    parser.add_argument("--limit", type=int, default=30, help="seconds for one document")
    parser.add_argument("--show", type=int, default=2, help="examples of each refusal")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(parse_arguments())))
