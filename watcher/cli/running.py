"""Runs a watch: the daemon, or one pass over what is due."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from watcher.assembly import Assembler, place_of
from watcher.daemon import Daemon, instance_lock, utc_now
from watcher.environment import take_environment
from watcher.errors import Interrupted
from watcher.logs import configure_logging
from watcher.pipeline.flow import Pipeline, Tally
from watcher.redaction import Redactor
from watcher.store import Health, Store, database_in
from watcher.wording import counted

if TYPE_CHECKING:
    from watcher.cli.show import Screen


@dataclass(frozen=True, slots=True)
class Setting:
    """How a watch is run.

    Attributes:
        log_level: what is worth a line.
        engine: where work runs: ``local``, or a cluster as ``dask://HOST:PORT``.
    """

    log_level: str = "INFO"
    engine: str = "local"


def run_daemon(config: Path, state: Path, setting: Setting) -> None:
    """Run until told to end."""
    place = place_of(setting.engine, state)
    with _opened(state, setting.log_level) as (store, redactor, env):
        assemble = Assembler(config, env=env, clock=utc_now, redactor=redactor, place=place)
        asyncio.run(Daemon(store, assemble, clock=utc_now, rng=random.Random()).run())  # noqa: S311 - jitter


def run_once(config: Path, state: Path, setting: Setting, screen: Screen) -> str:
    """Do what is due; show on the screen how far it is, and return what has been done.

    Raises:
        Interrupted: it was told to end before all was done.
    """
    place = place_of(setting.engine, state)
    with _opened(state, setting.log_level) as (store, redactor, env):
        assemble = Assembler(config, env=env, clock=utc_now, redactor=redactor, place=place, spread=timedelta(0))
        return asyncio.run(_once(assemble, store, screen))


@contextmanager
def _opened(state: Path, log_level: str) -> Iterator[tuple[Store, Redactor, Mapping[str, str]]]:
    env, redactor = take_environment(), Redactor()
    configure_logging(redactor, level=log_level)
    with instance_lock(state), Store(database_in(state)) as store:
        yield store, redactor, env


async def _once(assemble: Assembler, store: Store, screen: Screen) -> str:
    assembly, started = await assemble(), utc_now()
    pipeline = Pipeline(store, assembly.parts, clock=utc_now, rng=random.Random())  # noqa: S311 - jitter
    work = asyncio.ensure_future(_pass(pipeline, assembly.spread))
    with _ended_by_signal(work) as ended_by:
        try:
            await _with_progress(work, lambda: _progress(pipeline.tally), screen)
            await pipeline.db(store.beat, "once", utc_now())
        except asyncio.CancelledError:
            if not ended_by:
                raise
            left = _left(*await pipeline.db(store.left, utc_now()))
            raise Interrupted(ended_by[0], f"{_summary(pipeline.tally, pipeline.tally.hits)}\n{left}") from None
        finally:
            await assembly.close()
            await pipeline.close()
    with Health(store.path) as log:
        found = log.hits_since(started)
    return _summary(pipeline.tally, found)


async def _pass(pipeline: Pipeline, spread: timedelta) -> None:
    try:
        await pipeline.start(spread=spread)
        await pipeline.drain()
    finally:
        await pipeline.stop()


@contextmanager
def _ended_by_signal(work: asyncio.Future[None]) -> Iterator[list[int]]:
    """Let SIGTERM and Ctrl-C end the work; gives a list that then holds the number of the signal."""
    loop, ended_by = asyncio.get_running_loop(), list[int]()

    def end(number: int) -> None:
        ended_by.append(number)
        work.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end, number)
    try:
        yield ended_by
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


async def _with_progress(work: asyncio.Future[None], line: Callable[[], str], screen: Screen) -> None:
    """Await work; show a line that changes, on a terminal only."""
    if not screen.live:
        await work
        return
    with screen.console.status(line()) as status:
        while not work.done():
            await asyncio.wait([work], timeout=0.2)
            status.update(line())
    await work


def _progress(tally: Tally) -> str:
    return (
        f"{counted(tally.polled, 'feed')} polled, {counted(tally.entries, 'new entry', 'new entries')}, "
        f"{counted(tally.read, 'article')} read, {counted(tally.hits, 'hit')}"
    )


def _summary(tally: Tally, hits: int) -> str:
    failed = f", {tally.failed} of them not available" if tally.failed else ""
    skipped = f", {tally.skipped} of them with nothing of interest on the page" if tally.skipped else ""
    unsent = f", {tally.undelivered} not delivered yet" if tally.undelivered else ""
    return (
        f"{counted(tally.polled, 'feed')} polled{failed}; {counted(tally.entries, 'new entry', 'new entries')}; "
        f"{counted(tally.read, 'article')} read{skipped}; {counted(hits, 'hit')}; "
        f"{counted(tally.sent, 'alert')} delivered{unsent}."
    )


def _left(feeds: int, articles: int, deliveries: int) -> str:
    return (
        f"Told to end before all was done: {counted(feeds, 'feed')}, {counted(articles, 'article')} and "
        f"{counted(deliveries, 'alert')} are still due. Nothing is lost; the next run goes on from there."
    )
