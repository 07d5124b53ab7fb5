"""Builds the parts of a running watch from a configuration directory."""

from __future__ import annotations

import asyncio
import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, TextIO
from urllib.parse import urlsplit

from watcher.config import Config, load
from watcher.daemon import Assembly
from watcher.engine.local import Engine, LocalEngine, check_rules
from watcher.errors import ConfigError, Problem, UsageError
from watcher.fetch import Client, FetchRequest, user_agent
from watcher.model import Failed
from watcher.notify.notifier import Notifier, check_target
from watcher.pipeline.flow import Parts
from watcher.pipeline.watch import Watch
from watcher.pipeline.watchman import null_target
from watcher.redaction import Redactor
from watcher.render.alert import Renderer
from watcher.stories import glossary_of

if TYPE_CHECKING:
    from watcher.engine.cluster import DaskEngine

# Polls of feeds that are new are spread over so long, so that a start does not look like an attack.
FIRST_SPREAD = timedelta(minutes=5)


async def load_checked(directory: Path, env: Mapping[str, str]) -> Config:
    """Read the configuration, compile its rules and run their examples.

    Raises:
        ConfigError: it cannot be used.
        EngineError: its rules could not be checked.
    """
    # In a thread: reading takes a moment, and a running watch must not stand still for a reload.
    config = await asyncio.to_thread(load, directory, env)
    errors = [problem for problem in await check_rules(config.watch) if problem.severity == "error"]
    if errors:
        raise ConfigError(errors)
    return config


def watch_of(config: Config) -> Watch:
    """What the pipeline works by.

    Raises:
        ConfigError: a template cannot be used.
    """
    templates = config.directory / "templates"
    canary = _canary(config) if config.health.canary else ""
    targets = [*config.targets, *([null_target()] if canary else [])]
    return Watch(
        settings=config.settings,
        outlets={outlet.id: outlet for outlet in config.outlets},
        feeds={feed.id: feed for feed in config.feeds},
        targets={target.name: target for target in targets},
        routes=config.routes,
        topics=len(config.watch.topics),
        entity_names={entity.id: entity.name for entity in config.watch.entities},
        renderer=Renderer(config.settings.time_zone, templates if templates.is_dir() else None),
        health=config.health,
        canary=canary,
        glossary=glossary_of(config.watch, config.outlets),
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where work runs.

    Attributes:
        scheduler: of a Dask cluster, as ``tcp://HOST:PORT``; empty when all work is done on this machine.
        hub: tells this watch from others that use the same cluster.
    """

    scheduler: str = ""
    hub: str = ""


def place_of(engine: str, state: Path) -> Place:
    """Where work runs, for the watch that keeps its state in a directory of this machine.

    Args:
        engine: ``local`` or ``dask://HOST:PORT``.

    Raises:
        UsageError: it is neither.
    """
    if engine == "local":
        return Place()
    parts = urlsplit(engine)
    try:
        known = parts.scheme == "dask" and parts.hostname and parts.port and not parts.path and not parts.query
    except ValueError:  # the port is no number
        known = False
    if not known:
        raise UsageError(f"--engine must be 'local' or dask://HOST:PORT, not {engine!r}.")
    here = f"{platform.node()} {state.resolve()}".encode()
    return Place(f"tcp://{parts.netloc}", blake2b(here, digest_size=4).hexdigest())


def _canary(config: Config) -> str:
    """A text for which a topic fires: the first of the examples."""
    return next((example.text for topic in config.watch.topics for example in topic.match), "")


class Assembler:
    """Makes the parts of a watch, each time it is called, from the configuration as it is then.

    Args:
        directory: of the configuration.
        clock: the wall clock, aware.
        redactor: is told the secrets.
        env: where ``${NAME}`` is looked up; the environment of the process when None.
        stream: where the console target writes; standard output when None.
        spread: see :attr:`watcher.daemon.Assembly.spread`; never more than the interval of polls.
        place: where work runs.
    """

    def __init__(  # noqa: PLR0913 - the composition root is told all that may differ
        self,
        directory: Path,
        *,
        clock: Callable[[], datetime],
        redactor: Redactor,
        env: Mapping[str, str] | None = None,
        stream: TextIO | None = None,
        spread: timedelta = FIRST_SPREAD,
        place: Place | None = None,
    ) -> None:
        self._directory = directory
        self._env = os.environ if env is None else env
        self._clock = clock
        self._redactor = redactor
        self._stream = stream
        self._spread = spread
        self._place = place or Place()

    async def __call__(self) -> Assembly:
        """Make the parts.

        Raises:
            ConfigError: the configuration cannot be used.
        """
        config = await load_checked(self._directory, self._env)
        self._redactor.know(config.secrets)
        settings, watch = config.settings, watch_of(config)
        client = Client(settings, user_agent=user_agent(settings.contact), clock=self._clock)
        await client.__aenter__()
        engine, fetching = self._engine_of(config, client)
        notifier = Notifier(settings, stream=self._stream)

        async def close() -> None:
            await engine.close()
            await client.__aexit__(None, None, None)

        parts = Parts(
            watch=watch,
            engine=engine,
            send=lambda target, message, idem_key: notifier.send(target, message, idem_key=idem_key),
            cool_host=fetching.cool_host,
            set_back=fetching.set_back,
        )
        ping = partial(_ping, client, settings.heartbeat_url) if settings.heartbeat_url else None
        return Assembly(parts, min(self._spread, settings.interval), ping, close)

    def _engine_of(self, config: Config, client: Client) -> tuple[Engine, Client | DaskEngine]:
        """Where work runs, and what fetches there."""
        if not self._place.scheduler:
            return LocalEngine(config.settings, config.watch, client), client
        try:
            from watcher.engine.cluster import DaskEngine, Order  # noqa: PLC0415 - only who has a cluster has the library
        except ImportError as error:
            raise UsageError("Clusters need the extra 'dask': pip install 'watcher[dask]'.") from error
        order = Order(config.settings, config.watch, user_agent(config.settings.contact), self._place.hub)
        cluster = DaskEngine(self._place.scheduler, order, clock=self._clock)
        return cluster, cluster


async def _ping(client: Client, url: str) -> str:
    """Tell a monitor that we are alive; return what went wrong, or nothing."""
    answer = await client.get(FetchRequest(url, "page", max_bytes=65_536, timeout=timedelta(seconds=20)))
    if isinstance(answer, Failed):
        return answer.detail
    return "" if answer.status < 400 else f"HTTP status {answer.status}"


def unusable_targets(config: Config) -> list[str]:
    """Targets that Apprise cannot use, each with the reason."""
    reasons = ((target.name, check_target(target)) for target in config.targets)
    return [f"target {name}: {reason}" for name, reason in reasons if reason]


def template_problems(config: Config) -> list[Problem]:
    """What is wrong with the user's own templates, found by filling them with samples."""
    if not (config.directory / "templates").is_dir():
        return []
    try:
        watch_of(config)
    except ConfigError as error:
        return list(error.problems)
    return []
