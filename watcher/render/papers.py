"""A digest as a message: plain text, an HTML mail with its chart, or Telegram's HTML.

What it has in common with the message of one alert is in :mod:`watcher.render.alert`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from watcher.alerting.digest import (
    Background,
    Deadline,
    Digest,
    FeedHealth,
    Series,
    Version,
    Waiting,
    by_story,
    days_before,
    title_of,
)
from watcher.errors import ConfigError, Problem
from watcher.model import AlertKind, DeliveryId, Format, Message
from watcher.render.alert import LANGUAGES, Renderer
from watcher.render.typeset import (
    MAIL_URL,
    TELEGRAM_UNITS,
    cut_escaped,
    cut_units,
    day_of,
    line,
    lines,
    local_time,
    safe_href,
    short_time,
    spaced,
    telegram_problem,
    tight,
    utf16_units,
)

_BODIES: Mapping[Format, str] = {"text": "digest.txt.j2", "html": "digest.html.j2", "telegram": "digest.telegram.j2"}
COLOURS = ("#2f6fde", "#d9822b", "#2e9e6b", "#a455c4", "#7f8a99")
"""Of the series of the chart, in their order; each is seen on white and on black."""
CHART = "chart.png"
_NEWS = 80
"""Characters of one thing that is new in a story."""


@dataclass(frozen=True, slots=True)
class _Limits:
    """How much is shown: items, characters of a headline and of an address, rows of the background, news of a story."""

    items: int
    headline: int
    url: int
    background: int
    news: int


_WIDE = _Limits(200, 200, MAIL_URL, 6, 8)
_STEPS = (
    _Limits(60, 160, 400, 6, 6),
    _Limits(40, 130, 300, 5, 5),
    _Limits(25, 110, 250, 4, 4),
    _Limits(15, 100, 220, 3, 3),
    _Limits(10, 90, 200, 2, 2),
    _Limits(5, 60, 0, 0, 0),
)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line of a digest."""

    headline: str
    url: str
    byline: str
    level: str
    news: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of the background."""

    lead: str
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the chart's legend."""

    topic: str
    total: int
    spark: str
    colour: str


class Papers:
    """Renders digests with the templates of a renderer.

    Raises:
        ConfigError: a template fails on a sample digest.
    """

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        problems: list[Problem] = []
        for fmt, name in _BODIES.items():
            narrow = fmt == "telegram"
            views = [self._view(each, _STEPS[-1] if narrow else _WIDE, chart=not narrow) for each in sample_digests()]
            problems += renderer.problems(name, views, telegram=narrow)
        if problems:
            raise ConfigError(problems)

    def render(self, digest: Digest, fmt: Format, *, image: bytes = b"") -> Message:
        """The digest as a message in a format; ``image`` is its chart as a PNG, which only HTML can show."""
        if fmt == "telegram":
            return self._telegram(digest)
        view = self._view(digest, _WIDE, chart=bool(image))
        plain = spaced(self._renderer.fill(_BODIES["text"], view))
        body = plain if fmt == "text" else tight(self._renderer.fill(_BODIES["html"], view))
        thread = digest.items[-1].story if digest.why == "story" else ""
        subject = line(digest.title, 200) or "Watcher"
        return Message(fmt, subject, body, plain, f"story:{thread}" if thread else "", image if fmt == "html" else b"")

    def _telegram(self, digest: Digest) -> Message:
        for limits in _STEPS:
            view = self._view(digest, limits, chart=False)
            body = spaced(self._renderer.fill(_BODIES["telegram"], view))
            if utf16_units(body) <= TELEGRAM_UNITS:
                break
        plain = cut_units(spaced(self._renderer.fill(_BODIES["text"], view)), TELEGRAM_UNITS)
        if utf16_units(body) > TELEGRAM_UNITS or telegram_problem(body):
            body = cut_escaped(plain, TELEGRAM_UNITS)
        return Message("telegram", "", body, plain)

    def _view(self, digest: Digest, limits: _Limits, *, chart: bool) -> dict[str, object]:
        """What a template can use."""
        shown = by_story(digest.items)
        told = shown[: limits.items]
        background = digest.background
        return {
            "id": line(digest.id, 20),
            "why": digest.why,
            "title": line(digest.title, limits.headline) or "Digest",
            "period": self._period(digest),
            "nothing": not digest.items,
            "news": self._entries(told, limits, "new"),
            "updates": self._entries(told, limits, "update"),
            "health": self._entries(told, limits, "health"),
            "more": len(shown) - len(told),
            "alerts": len(digest.items),
            **self._background(background, limits),
            "chart": CHART if chart and background is not None else "",
        }

    def _period(self, digest: Digest) -> str:
        until = local_time(digest.until, self._zone)
        return f"{local_time(digest.since, self._zone)} to {until}" if digest.since else until

    @property
    def _zone(self) -> ZoneInfo:
        return self._renderer.zone

    def _entries(self, items: Sequence[Waiting], limits: _Limits, kind: str) -> tuple[_Entry, ...]:
        return tuple(self._entry(item, limits) for item in items if item.kind == kind)

    def _entry(self, item: Waiting, limits: _Limits) -> _Entry:
        pieces = [line(item.outlet, 40), short_time(item.at, self._zone), LANGUAGES.get(item.language, "")]
        if item.reports > 1:
            pieces.append(f"{item.reports} reports, {_sources(item.sources)}")
        if item.kind == "health":
            pieces = [short_time(item.at, self._zone)]
        headline = line(item.headline, limits.headline) or "(no headline)"
        news = lines(item.news, limits.news, _NEWS)
        return _Entry(headline, safe_href(item.url, limits.url), " · ".join(filter(None, pieces)), item.level, news)

    def _background(self, background: Background | None, limits: _Limits) -> dict[str, object]:
        if background is None:
            background = Background()
        series = background.series
        top = max((max(each.counts) for each in series), default=0)
        return {
            "deadlines": tuple(_deadline(each, limits) for each in background.deadlines[: limits.background]),
            "versions": tuple(self._version(each, limits) for each in background.versions[: limits.background]),
            "feeds": line(background.feeds.line(), 300) if background.feeds else "",
            "series": tuple(
                _Line(line(each.topic, 60), each.total, each.spark(top), colour)
                for each, colour in zip(series, COLOURS, strict=False)
            ),
            "days": _days(background),
        }

    def _version(self, version: Version, limits: _Limits) -> _Row:
        text = f"first: {line(version.outlet, 40)}, {short_time(version.first_seen_at, self._zone)}; "
        return _Row(f"{version.points} points", text + _sources(version.sources), safe_href(version.url, limits.url))


def _sources(count: int) -> str:
    return "1 source" if count == 1 else f"{count} sources"


def _deadline(deadline: Deadline, limits: _Limits) -> _Row:
    text = f"{line(deadline.text, 80)} ({line(deadline.outlet, 40)}; {_sources(deadline.sources)})"
    return _Row(day_of(deadline.day), text, safe_href(deadline.url, limits.url))


def _days(background: Background) -> str:
    if background.first_day is None or not background.series:
        return ""
    last = background.first_day + timedelta(days=len(background.series[0].counts) - 1)
    return f"{day_of(background.first_day)} to {day_of(last)}"


# --- samples -----------------------------------------------------------------------------------------------------


_KINDS: tuple[AlertKind, ...] = ("new", "update", "health")


def sample_digests() -> tuple[Digest, ...]:
    """Digests that templates must cope with: full, empty, and hostile."""
    now = datetime.fromisoformat("2025-11-26T05:00:00+00:00")
    full = sample_digest(now)
    nasty = "<b>&amp;</i>\"'{{ 7 * 7 }}\u202e\x1b[31m " * 20
    items = tuple(
        Waiting(DeliveryId(n), kind, "core", nasty, "https://example.org/?q=%22&x='<b>'&" + "y" * 900, nasty, "xx", now,
                (nasty,), reports=3, sources=2, news=(nasty,) * 9)
        for n, kind in enumerate(_KINDS * 60)
    )  # fmt: skip
    hostile = Background(
        (Deadline(date(2025, 11, 27), nasty, nasty, "javascript:alert(1)", 3),) * 9,
        (Version(28, now, nasty, "", 1),) * 9,
        FeedHealth(0, 9, (nasty,) * 9),
        date(2025, 11, 13),
        (Series(nasty, (0,) * 14),) * 5,
    )
    empty = Digest("EMPTY234", "slot", title_of("slot", (), "Morning"), None, now, (), Background())
    return (
        full,
        empty,
        Digest("QUIET234", "quiet", "While it was quiet", now - timedelta(hours=8), now, full.items),
        Digest("HOSTILE2", "storm", nasty, now, now, items, hostile),
    )


def sample_digest(now: datetime) -> Digest:
    """A digest that shows everything a digest can have."""
    days = days_before(now.date())
    items = (
        Waiting(DeliveryId(1), "new", "core", "[Test] Rubio to allies: first a peace deal, then security guarantees",
                "https://example.org/news/rubio", "Example Wire", "en", now - timedelta(hours=9), ("Guarantees",),
                "1", 14, 3),
        Waiting(DeliveryId(2), "new", "core", "[Test] Кислиця: із 28 пунктів мирного плану лишилося 19",
                "https://example.org/uk/plan", "Example Ukrainian News", "uk", now - timedelta(hours=7), ("Plan",),
                "2", 5, 4),
        Waiting(DeliveryId(3), "update", "core", "[Test] Außenamt dementiert Bedingung für Sicherheitsgarantien",
                "https://example.org/de/dementi", "Beispiel Zeitung", "de", now - timedelta(hours=3), ("Guarantees",),
                "3", 22, 8, ("denied by US State Department", "official text: The White House")),
        Waiting(DeliveryId(4), "new", "mention", "[Test] Markets wait for word from Geneva", "https://example.org/markets",
                "Example Business", "en", now - timedelta(hours=2), ("Peace plan",), "4"),
    )  # fmt: skip
    background = Background(
        (Deadline(now.date() + timedelta(days=1), "by Thanksgiving", "Example Wire", "https://example.org/a", 3),),
        (Version(19, now - timedelta(hours=7), "Example Ukrainian News", "https://example.org/uk/plan", 4),),
        FeedHealth(40, 42, ("example-east", "example-wire")),
        days[0],
        (
            Series("Peace plan", (1, 0, 2, 3, 1, 0, 4, 9, 14, 22, 31, 18, 25, 12)),
            Series("Security guarantees", (2, 1, 0, 4, 2, 1, 3, 5, 8, 9, 12, 16, 21, 17)),
            Series("Frozen assets", (0, 1, 1, 0, 0, 2, 1, 1, 3, 2, 4, 2, 3, 1)),
        ),
    )
    return Digest(
        "SAMPLE23", "slot", title_of("slot", items, "Morning digest"), now - timedelta(days=1), now, items, background
    )
