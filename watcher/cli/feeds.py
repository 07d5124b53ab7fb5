"""The commands about feeds: list them, examine them, find more, add and remove them, take lists along."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watcher.cli.options import CONFIG, STATE, ConfigOption, JsonOption, OutletKind, StateOption, ZoneOption
from watcher.cli.terminal import screen_for
from watcher.errors import UsageError
from watcher.store import database_in
from watcher.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watcher.cli.finding import Examined
    from watcher.config import Config, NewFeed
    from watcher.errors import Problem
    from watcher.feed.opml import Outline
    from watcher.model import Feed, Settings

feeds_app = typer.Typer(
    invoke_without_command=True,
    help="Show every feed; examine, discover, add and remove feeds.\n\n"
    "Without a command: is each feed well, when was it polled, when is the next poll, and why then.",
)

CountryOption = Annotated[str, typer.Option("--country", help="Of the outlet: ISO 3166-1, such as ua; eu, or int.")]
LanguageOption = Annotated[str, typer.Option("--language", help="Of most articles: ISO 639-1, such as uk.")]
KindOption = Annotated[OutletKind, typer.Option("--class", help="What sort of source it is.")]
RELOAD = "A daemon that runs takes it up on SIGHUP (systemctl reload watcher), or when it is started again."


@feeds_app.callback()
def feeds(
    context: typer.Context,
    config: ConfigOption = CONFIG,  # noqa: ARG001 - every command takes it
    state: StateOption = STATE,
    zone: ZoneOption = "UTC",
    as_json: JsonOption = False,
) -> None:
    """Show every feed: is it well, when was it polled, when is the next poll, and why then."""
    if context.invoked_subcommand is None:
        _list(state, zone, as_json=as_json)


@feeds_app.command("list")
def feeds_list(state: StateOption = STATE, zone: ZoneOption = "UTC", as_json: JsonOption = False) -> None:
    """Show every feed, the most troubled first."""
    _list(state, zone, as_json=as_json)


def _list(state: Path, zone: str, *, as_json: bool) -> None:
    from watcher.store import Log

    with Log(database_in(state)) as log:
        rows = log.feeds()
    columns = {
        "feed_id": "feed", "health": "health", "last_detail": "last answer", "failures": "failures",
        "last_polled_at": "polled", "last_new_at": "last news", "next_poll_at": "next", "gate": "gate",
        "why_next": "why then",
    }  # fmt: skip
    screen_for(as_json=as_json, zone=zone).rows(
        rows, columns, nothing="No feeds yet: 'watcher run' reads them.", below=("why_next", "last_detail")
    )


# --- looking at feeds themselves ---------------------------------------------------------------------------------


@feeds_app.command("discover")
def feeds_discover(
    url: Annotated[str, typer.Argument(help="Address of a news site, of a section of it, or of a feed.")],
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Find the feeds of a site: those its page names, else those at the usual places. Exit code 1 without any."""
    import asyncio
    from dataclasses import asdict

    settings = _settings(config)
    with screen_for(err=True).working(f"looking for feeds on {url}"):
        from watcher.cli.finding import discover

        found = [each for each in asyncio.run(discover(url, settings)) if not each.problem]
    screen = screen_for(as_json=as_json)
    rows: list[dict[str, object]] = [{**asdict(each), "newest_at": _iso(each)} for each in found]
    columns = {
        "url": "feed", "title": "title", "language": "lang", "format": "format", "entries": "entries",
        "newest_at": "newest",
    }  # fmt: skip
    screen.rows(rows, columns, nothing=f"No feeds were found on {url}.", below=("title",))
    if not found:
        raise typer.Exit(1)


def _iso(found: Examined) -> str:
    return found.newest_at.isoformat() if found.newest_at else ""


def _settings(config: Path) -> Settings:
    """The settings of the configuration; the defaults where there is none yet, for feeds are looked for before."""
    from watcher.config import load
    from watcher.model import Settings

    return load(config, os.environ).settings if (config / "watcher.yml").exists() else Settings()


@feeds_app.command("doctor")
def feeds_doctor(
    feed: Annotated[str, typer.Argument(help="Id of a feed.")],
    config: ConfigOption = CONFIG,
    state: StateOption = STATE,
    zone: ZoneOption = "UTC",
    offline: Annotated[bool, typer.Option("--offline", help="Do not fetch it; tell only what is known.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Examine a feed: why is it silent, when is the next poll, and why? It is fetched now, and nothing is stored.

    Exit code 1 when it cannot be used.
    """
    import asyncio
    from dataclasses import asdict

    from watcher.config import load

    loaded = load(config, os.environ)
    written = [each for each in loaded.feeds if each.id == feed]
    past = _past(state, feed)
    if not written and not past:
        raise UsageError(f"There is no feed {feed!r}: 'watcher feeds' lists them.")
    now: Examined | None = None
    if written and not offline:
        with screen_for(err=True).working(f"fetching {feed}"):
            from watcher.cli.finding import examine

            (now,) = asyncio.run(examine(written, loaded.settings))
    answer: dict[str, object] = {}
    if now:
        answer = {**asdict(now), "newest_at": _iso(now), "notes": "; ".join(now.notes)}
    found = {
        "configuration": [_written(written[0])] if written else [],
        "so far": past,
        "last events": _events(state, feed),
        "now": [answer] if answer else [],
    }
    screen = screen_for(as_json=as_json, zone=zone)
    screen.hide(loaded.secrets)
    screen.trace(found)
    if not as_json:
        screen.say(_diagnosis(past, now, written=bool(written)))
    if now is not None and now.problem:
        raise typer.Exit(1)


def _written(feed: Feed) -> dict[str, object]:
    from dataclasses import asdict

    plain = {**asdict(feed), "url": feed.public_url, "shown_url": "", "headers": ""}
    kept = {name: value for name, value in plain.items() if value not in {"", None}}
    return {name: ", ".join(map(str, value)) if isinstance(value, tuple) else value for name, value in kept.items()}


def _past(state: Path, feed: str) -> list[dict[str, object]]:
    from watcher.store import Log

    if not database_in(state).exists():
        return []
    with Log(database_in(state)) as log:
        return log.feed(feed)


def _events(state: Path, feed: str) -> list[dict[str, object]]:
    from watcher.store import Log

    if not database_in(state).exists():
        return []
    with Log(database_in(state)) as log:
        return log.feed_events(feed, limit=5)


def _diagnosis(past: Sequence[dict[str, object]], now: Examined | None, *, written: bool) -> str:
    """What a person should make of it, in a sentence."""
    from rich.markup import escape

    if not written:
        return "It is no longer in feeds.yml, and is not polled."
    if now is not None and now.problem:
        return f"[red]It cannot be used now[/]: {escape(now.problem)}"
    said = []
    if now is not None:
        said.append(f"[green]It answers[/] with {counted(now.entries, 'entry', 'entries')}.")
        if now.moved_to:
            said.append(f"It has moved: write url: {escape(now.moved_to)}")
    if not past:
        said.append("The daemon has not polled it yet.")
    elif past[0].get("failures"):
        said.append(f"Polls have failed {past[0]['failures']} times in a row: {escape(str(past[0]['last_detail']))}.")
    else:
        said.append("It is polled as planned; without new entries it simply has no news.")
    return " ".join(said)


# --- changing feeds.yml ------------------------------------------------------------------------------------------


@feeds_app.command("add")
def feeds_add(
    url: Annotated[str, typer.Argument(help="Address of the feed.")],
    config: ConfigOption = CONFIG,
    outlet: Annotated[str, typer.Option("--outlet", help="Id of its outlet, new or there already.")] = "",
    name: Annotated[str, typer.Option("--name", help="Of a new outlet; the title of the feed by default.")] = "",
    country: CountryOption = "",
    language: LanguageOption = "",
    kind: KindOption = "national",
    family: Annotated[str, typer.Option("--family", help="Who owns the outlet; its own id by default.")] = "",
    feed_id: Annotated[str, typer.Option("--id", help="Of the feed.")] = "",
    tags: Annotated[str, typer.Option("--tags", help="Separated by commas.")] = "",
    interval: Annotated[str, typer.Option("--interval", help="Time between polls, such as 15m.")] = "",
    full_text: Annotated[bool, typer.Option("--full-text", help="It carries whole articles.")] = False,
    untested: Annotated[bool, typer.Option("--untested", help="Do not fetch it first.")] = False,
) -> None:
    """Add a feed to feeds.yml, with its outlet when that is new. It is fetched first; comments stay as they are."""
    from watcher.config import NewFeed, load

    loaded = load(config, os.environ)
    found = None if untested else _tried(url, loaded.settings)
    outlet = outlet or _slug(url)
    known = outlet in {each.id for each in loaded.outlets}
    new = NewFeed(
        url=url, outlet=outlet, name=name or (found.title if found else "") or outlet, kind=kind, family=family,
        country=country or _country(url), language=language or _language(found), id=feed_id, interval=interval,
        tags=tuple(filter(None, tags.split(","))), full_text=full_text,
    )  # fmt: skip
    missing = [option for option in ("country", "language") if not known and not getattr(new, option)]
    if missing:
        options = " and ".join(f"--{option}" for option in missing)
        raise UsageError(f"The outlet {outlet} is new, and the feed does not tell all of it: give {options}.")
    _write(config, [new], f" It has {counted(found.entries, 'entry', 'entries')} now." if found else "")


def _tried(url: str, settings: Settings) -> Examined:
    """The feed, after a look at it.

    Raises:
        UsageError: it is none, or cannot be had.
    """
    import asyncio

    with screen_for(err=True).working(f"fetching {url}"):
        from watcher.cli.finding import discover

        found = asyncio.run(discover(url, settings))
    if not found:
        raise UsageError(f"{url} is no feed, and the page names none. Nothing was added.")
    if found[0].url != url:
        raise UsageError(f"{url} is a page. Its feeds are: {', '.join(each.url for each in found)}. Nothing was added.")
    if found[0].problem:
        raise UsageError(f"{url}: {found[0].problem}. Nothing was added; --untested adds it all the same.")
    return found[0]


def _slug(url: str) -> str:
    """An id for the outlet, of the name of its host: ``news-example`` of https://www.news.example.org/rss."""
    from urllib.parse import urlsplit

    host = re.sub(r"^(?:www|rss|feeds?)\.", "", urlsplit(url).hostname or "")
    name, _, ending = host.rpartition(".")
    return re.sub(r"[^a-z0-9]+", "-", name if ending.isalpha() and name else host).strip("-") or "outlet"


def _country(url: str) -> str:
    """The country whose domain a host is in; empty when it is in none."""
    from urllib.parse import urlsplit

    from watcher.config import COUNTRIES, UNIONS

    ending = (urlsplit(url).hostname or "").rpartition(".")[2]
    ending = {"uk": "gb"}.get(ending, ending)
    return ending if ending in COUNTRIES | UNIONS else ""


def _language(found: Examined | None) -> str:
    from watcher.config import LANGUAGES

    language = (found.language if found else "").lower().replace("_", "-").split("-")[0]
    return language if language in LANGUAGES else ""


def _write(config: Path, new: Sequence[NewFeed], more: str = "") -> None:
    from watcher.config import change_feeds, with_feeds

    before, after = change_feeds(config, os.environ, lambda text: with_feeds(text, new))
    known = {feed.id for feed in before.feeds}
    added = [feed.id for feed in after.feeds if feed.id not in known]
    screen = screen_for()
    screen.say(f"{counted(len(added), 'feed')} added to {config / 'feeds.yml'}: {', '.join(added)}.{more}")
    screen.problems(_fresh(before, after))
    screen.say(RELOAD)


def _fresh(before: Config, after: Config) -> list[Problem]:
    """The warnings that there were not before."""
    told = {problem.message for problem in before.warnings}
    return [problem for problem in after.warnings if problem.message not in told]


@feeds_app.command("remove")
def feeds_remove(feed: Annotated[str, typer.Argument(help="Id of a feed.")], config: ConfigOption = CONFIG) -> None:
    """Remove a feed from feeds.yml, and its outlet with its last one. What it brought stays in the database."""
    from watcher.config import change_feeds, without_feed
    from watcher.model import FeedId

    change_feeds(config, os.environ, lambda text: without_feed(text, FeedId(feed)))
    screen = screen_for()
    screen.say(f"{feed} was removed from {config / 'feeds.yml'}.")
    screen.say(RELOAD)


# --- lists -------------------------------------------------------------------------------------------------------


@feeds_app.command("export")
def feeds_export(
    file: Annotated[Path | None, typer.Argument(help="Where to write; standard output by default.")] = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Write all feeds as OPML, which readers of feeds understand.

    Request headers, and addresses with a secret, are left out.
    """
    from watcher.config import load
    from watcher.feed.opml import write_opml
    from watcher.redaction import Redactor

    loaded = load(config, os.environ)
    redactor = Redactor(loaded.secrets)
    # An address that holds a secret is of no use to others without it.
    shown = [feed for feed in loaded.feeds if redactor.redact(feed.public_url) == feed.url]
    text = write_opml(loaded.outlets, shown).decode()
    if left_out := len(loaded.feeds) - len(shown):
        screen_for(err=True).say(f"{counted(left_out, 'feed')} left out: the address holds a secret.")
    if file is None:
        sys.stdout.write(text)
        return
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from error
    screen_for(err=True).say(f"{counted(len(shown), 'feed')} written to {file}")


@feeds_app.command("import")
def feeds_import(
    file: Annotated[Path, typer.Argument(help="An OPML file.")],
    config: ConfigOption = CONFIG,
    country: CountryOption = "",
    language: LanguageOption = "",
    kind: KindOption = "national",
) -> None:
    """Add the feeds of an OPML file to feeds.yml; those that are there already are left out. None is fetched.

    What the file does not say of an outlet is taken from the options; without them the country of the domain.
    """
    from watcher.config import load
    from watcher.feed.opml import read_opml

    try:
        outlines = read_opml(file.read_bytes())
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    loaded = load(config, os.environ)
    known = {feed.url for feed in loaded.feeds}
    new = [_imported(each, country, language, kind) for each in outlines if each.url not in known]
    there = {outlet.id for outlet in loaded.outlets}
    for option in ("country", "language"):
        if lacking := [each.url for each in new if each.outlet not in there and not getattr(each, option)]:
            raise UsageError(
                f"Nothing was added. Give --{option} for {counted(len(lacking), 'feed')}, such as {lacking[0]}."
            )
    if new:
        _write(config, new)
    if len(new) < len(outlines):
        screen_for().say(f"{counted(len(outlines) - len(new), 'feed')} of {file} were there already.")


def _imported(outline: Outline, country: str, language: str, kind: OutletKind) -> NewFeed:
    from typing import get_args

    from watcher.config import LANGUAGES, NewFeed

    kinds = {each: each for each in get_args(OutletKind)}
    return NewFeed(
        url=outline.url,
        outlet=outline.outlet or _slug(outline.url),
        name=(outline.group if outline.outlet else "") or outline.title or _slug(outline.url),
        country=outline.country or country or _country(outline.url),
        language=outline.language if outline.language in LANGUAGES else language,
        kind=kinds.get(outline.kind, kind),
        family=outline.family if outline.family != outline.outlet else "",
        id=outline.id if outline.id != outline.outlet else "",
        tags=tuple(filter(None, (re.sub(r"[^a-z0-9_-]+", "-", tag.lower()).strip("-") for tag in outline.tags))),
    )
