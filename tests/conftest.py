"""What several test files need: servers of their own for each test, and the shipped watch, compiled once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.mail import MailServer
from tests.servers.telegram import TelegramServer
from watcher.config import Config, load
from watcher.matching import Matcher, compile_watch
from watcher.matching.definitions import WatchDef


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    """A stand-in of the Bot API."""
    with TelegramServer() as server:
        yield server


@pytest.fixture
def mail() -> Iterator[MailServer]:
    """A real SMTP server."""
    with MailServer() as server:
        yield server


@pytest.fixture(scope="session")
def config() -> Config:
    """The shipped configuration."""
    return load(Path(__file__).parents[1] / "config", {})


@pytest.fixture(scope="session")
def watch(config: Config) -> WatchDef:
    """The shipped watch, as the configuration loader reads it."""
    return config.watch


@pytest.fixture(scope="session")
def matcher(watch: WatchDef) -> Matcher:
    """The shipped watch, compiled once for all; nothing changes it."""
    return compile_watch(watch)
