"""Writes a configuration for a watch of one's own, and shows one without its secrets."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from watcher.config.files import FILES
from watcher.config.load import Config
from watcher.config.schemas import schemas
from watcher.config.values import format_duration
from watcher.errors import UsageError

_PACKAGE = Path(__file__).resolve().parent.parent
_STARTER = _PACKAGE / "starter"
# An installed package carries the shipped watch inside; in the repository it is the directory beside the package.
_SHIPPED = (_PACKAGE / "shipped", _PACKAGE.parent / "config")


def init(directory: Path, *, shipped: bool) -> list[Path]:
    """Writes a configuration, with the schemas that editors want.

    Args:
        directory: is made if need be; none of the files may be there yet.
        shipped: a copy of the shipped watch, else a small one that teaches.

    Returns:
        The paths of the files of the configuration.

    Raises:
        UsageError: a file is there already, or cannot be written. Nothing is overwritten.
    """
    sources = {file: origin for file in FILES if (origin := _origin(shipped) / file).is_file()}
    taken = [str(directory / file) for file in FILES if (directory / file).exists()]
    if taken:
        raise UsageError(f"Nothing was written: {', '.join(taken)} there already; name another directory: init DIR.")
    try:
        return _write(directory, sources)
    except OSError as error:
        raise UsageError(f"{error.filename or directory} cannot be written: {error.strerror}") from error


def shipped_file(name: str) -> Path:
    """A file of the shipped watch, such as ``topics.yml``: inside the installed package, or in the repository."""
    return _origin(shipped=True) / name


def _origin(shipped: bool) -> Path:
    if not shipped:
        return _STARTER
    return next((path for path in _SHIPPED if path.is_dir()), _SHIPPED[0])


def _write(directory: Path, sources: dict[str, Path]) -> list[Path]:
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for file, origin in sources.items():
        with (directory / file).open("x", encoding="utf-8") as opened:
            opened.write(origin.read_text(encoding="utf-8"))
        written.append(directory / file)
    (directory / "schema").mkdir(exist_ok=True)
    for name, text in schemas().items():
        (directory / "schema" / name).write_text(text, encoding="utf-8")
    return written


def describe_redacted(config: Config) -> str:
    """The configuration as it is in force, defaults included, with every secret replaced by ``***``."""
    text = "\n".join(_description(config))
    for secret in config.secrets:
        text = text.replace(secret, "***")
    return text + "\n"


def _description(config: Config) -> Iterator[str]:
    yield f"directory: {config.directory}"
    yield "settings:"
    for option in dataclasses.fields(config.settings):
        yield f"  {option.name}: {_shown(getattr(config.settings, option.name))}"
    topics = ", ".join(topic.id for topic in config.watch.topics)
    yield f"feeds: {len(config.feeds)} of {len(config.outlets)} outlets"
    yield f"watch: {len(config.watch.entities)} entities, {len(config.watch.terms)} terms; topics: {topics or 'none'}"
    yield "targets:"
    for target in config.targets:
        # The URL may hold more than was marked as secret: its scheme is all that is shown of it.
        yield f"  {target.name}: {target.channel}, {target.format}, {target.url.partition('://')[0]}://***"
    yield "routes:"
    for route in config.routes:
        yield f"  {route.name}: {_list(route.topics)}, {_list(route.levels)} -> {_list(route.targets)}"


def _list(items: tuple[str, ...]) -> str:
    return ", ".join(items) or "any topic"


def _shown(value: object) -> str:
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, tuple):
        return f"[{', '.join(str(item) for item in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if value != "" else '""'
