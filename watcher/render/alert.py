"""An alert as a message: plain text, an HTML mail, or Telegram's HTML.

Texts of feeds are hostile. They are stripped of what is not seen, cut *before* markup is made of them, and escaped by
the templates; links go only to http and https. What Telegram gets is balanced and has at most 3,900 UTF-16 units,
markup included, whatever the text (its limit is 4,096 after parsing).

The templates are Jinja2's, in a sandbox. A directory of the user's may hold other versions of any of them; all are
tried on sample alerts when a :class:`Renderer` is made, so that a mistake is told at start and not at night.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from watcher.errors import ConfigError, Problem
from watcher.model import AlertContent, Format, Message, Reason, StoryNow
from watcher.render.typeset import (
    MAIL_URL,
    TELEGRAM_UNITS,
    cut_escaped,
    cut_units,
    line,
    lines,
    local_time,
    safe_href,
    spaced,
    telegram_problem,
    tight,
    utf16_units,
    visible,
)

_TELEGRAM_URL = 1500
_MAX_MARKS = 12
_TEMPLATES = Path(__file__).parent / "templates"
_BODIES: Mapping[Format, str] = {"text": "alert.txt.j2", "html": "alert.html.j2", "telegram": "alert.telegram.j2"}
_SUBJECT = "subject.txt.j2"

LANGUAGES = {
    "ar": "Arabic",
    "cs": "Czech",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "zh": "Chinese",
}
_NOTES = {
    "page": "",
    "feed": "From the text in the feed; the page itself was not read.",
    "summary": "Only the summary in the feed could be read, not the article.",
    "title": "Only the headline could be read, not the article.",
}
# Badge, colour in mail (white text on it is readable), sign in Telegram.
_LOOKS = {
    "core": ("CORE", "#b42318", "🔴"),
    "mention": ("MENTION", "#7a5200", "🟡"),
    "update": ("UPDATE", "#1f4fa3", "🔵"),
    "digest": ("DIGEST", "#44505f", "📰"),
    "health": ("HEALTH", "#5b3fa0", "🩺"),
}


@dataclass(frozen=True, slots=True)
class _Limits:
    """How much of each piece is shown: characters, or for plural names how many."""

    headline: int
    evidence: int
    reasons: int
    words: int
    facts: int
    entities: int
    item: int
    outlet: int
    url: int


_WIDE = _Limits(300, 700, 8, 6, 8, 16, 80, 80, MAIL_URL)
# The last step fits with every character escaped to five units.
_STEPS = (
    replace(_WIDE, url=_TELEGRAM_URL),
    _Limits(240, 400, 4, 4, 4, 8, 60, 60, _TELEGRAM_URL),
    _Limits(160, 200, 2, 3, 2, 4, 40, 40, _TELEGRAM_URL),
    _Limits(100, 110, 1, 2, 0, 0, 30, 30, _TELEGRAM_URL),
)


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of the evidence."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class _Why:
    """A reason, ready to be shown."""

    topic: str
    score: str
    words: tuple[str, ...]


def _spans(marks: Sequence[tuple[int, int]], length: int) -> Iterator[tuple[int, int]]:
    """The marks in order, inside the text, without overlap."""
    last = 0
    for begin, end in sorted(marks)[:_MAX_MARKS]:
        low, high = max(begin, last), min(end, length)
        if low < high:
            yield low, high
            last = high


def _story_line(story: StoryNow | None, zone: ZoneInfo) -> str:
    """``14 reports, 3 independent sources, first: Politico, 26 Nov 2025, 14:02 EET``; empty for a single report."""
    if story is None or story.reports < 2:
        return ""
    count = len(story.sources)
    sources = f"{count} independent source{'' if count == 1 else 's'}"
    first = f"{line(story.sources[0], 80)}, {local_time(story.first_at, zone)}"
    return f"{story.reports} reports, {sources}, first: {first}"


def _earlier(story: StoryNow | None, zone: ZoneInfo, limits: _Limits) -> tuple[str, ...]:
    """What was told before, the latest first: its time, and what was new then, or the headline."""
    told = reversed(story.earlier) if story else ()
    said = (f"{local_time(each.at, zone)}: {'; '.join(each.news) or each.headline}" for each in told)
    return lines(tuple(said), min(3, limits.facts), limits.headline)


def _evidence(text: str, marks: Sequence[tuple[int, int]], limit: int) -> tuple[_Part, ...]:
    """The evidence as parts; of a long one a window around the first mark."""
    spans = list(_spans(marks, len(text)))
    low, high = 0, len(text)
    if len(text) > limit:
        first = spans[0][0] if spans else 0
        low = max(0, min(first - limit // 4, len(text) - limit))
        low = low if low == 0 else text.find(" ", low, max(low + 1, first)) + 1 or low
        high = min(len(text), low + limit)
    cuts = sorted({low, high, *(edge for span in spans for edge in span if low < edge < high)})
    parts = [
        _Part(visible(text[begin:end]), any(begin >= start and end <= stop for start, stop in spans))
        for begin, end in pairwise(cuts)
    ]
    parts = [_Part("… ", marked=False)] * (low > 0) + parts + [_Part(" …", marked=False)] * (high < len(text))
    return tuple(part for part in parts if part.text) if any(part.text.strip() for part in parts) else ()


def _points(number: float) -> str:
    return f"{number:.2f}".rstrip("0").removesuffix(".")


def _why(reason: Reason, limits: _Limits) -> _Why:
    verb = "alerts" if reason.level == "core" else "noted"
    score = f"score {_points(reason.score)}, {verb} at {_points(reason.threshold)}"
    return _Why(line(reason.topic, limits.item), score, lines(reason.words, limits.words, limits.item))


# --- templates ---------------------------------------------------------------------------------------------------


class Renderer:
    """Renders alerts with one set of templates for one time zone.

    Args:
        zone: IANA name of the zone of the people who read.
        template_dir: holds the user's own versions of any of the templates.

    Raises:
        ConfigError: there is no such zone, or a template fails on a sample alert.
    """

    def __init__(self, zone: str, template_dir: Path | None = None) -> None:
        try:
            self._zone = ZoneInfo(zone)
        except (ValueError, OSError, KeyError) as error:
            problem = Problem(
                "watcher.yml", 0, "time_zone", f"there is no time zone {zone!r}", "use a name as in Europe/Kyiv"
            )
            raise ConfigError([problem]) from error
        self._environment = _environment(template_dir)
        samples = sample_alerts(datetime(2025, 11, 26, 12, 5, tzinfo=UTC))
        problems: list[Problem] = []
        for name in (_SUBJECT, *_BODIES.values()):
            narrow = name == _BODIES["telegram"]
            views = [self._view(sample, _STEPS[-1] if narrow else _WIDE) for sample in samples]
            problems += self.problems(name, views, telegram=narrow)
        if problems:
            raise ConfigError(problems)

    @property
    def zone(self) -> ZoneInfo:
        """Of the people who read."""
        return self._zone

    def render(self, content: AlertContent, fmt: Format) -> Message:
        """The alert as a message in a format."""
        if fmt == "telegram":
            return self._telegram(content)
        view = self._view(content, _WIDE)
        plain = self._plain(view)
        body = plain if fmt == "text" else tight(self.fill(_BODIES["html"], view))
        return Message(fmt, self._subject(view), body, plain, content.thread)

    def _telegram(self, content: AlertContent) -> Message:
        for limits in _STEPS:
            view = self._view(content, limits)
            body = spaced(self.fill(_BODIES["telegram"], view))
            if utf16_units(body) <= TELEGRAM_UNITS:
                break
        plain = cut_units(self._plain(view), TELEGRAM_UNITS)
        if utf16_units(body) > TELEGRAM_UNITS or telegram_problem(body):
            body = cut_escaped(plain, TELEGRAM_UNITS)  # only a user's template gets here
        return Message("telegram", "", body, plain, content.thread)

    def _subject(self, view: Mapping[str, object]) -> str:
        return line(self.fill(_SUBJECT, view), 200) or "Watcher"

    def _plain(self, view: Mapping[str, object]) -> str:
        return spaced(self.fill(_BODIES["text"], view))

    def fill(self, name: str, view: Mapping[str, object]) -> str:
        """A template, filled."""
        return self._environment.get_template(name).render(view)

    def _view(self, content: AlertContent, limits: _Limits) -> dict[str, object]:
        """What a template can use."""
        kind = content.kind
        label, colour, sign = _LOOKS[content.level if kind == "new" else kind]
        outlet = line(content.outlet, limits.outlet)
        return {
            "id": line(content.id, 20),
            "kind": kind,
            "level": content.level,
            "badge": f"{label} · {content.level.upper()}" if kind == "update" else label,
            "colour": colour,
            "sign": sign,
            "headline": line(content.headline, limits.headline) or "(no headline)",
            "outlet": outlet,
            "byline": self._byline(content, outlet),
            "language": content.language if content.language in LANGUAGES else "",
            "evidence": _evidence(content.evidence, content.marks, limits.evidence),
            "reasons": tuple(_why(reason, limits) for reason in content.reasons[: limits.reasons]),
            "facts": lines(content.facts, limits.facts, limits.item),
            "entities": lines(content.entities, limits.entities, limits.item),
            "note": "" if kind in {"health", "digest"} else _NOTES[content.text_source],
            "url": safe_href(content.url, limits.url),
            "news": lines(content.story.news if content.story else (), limits.facts, limits.item),
            "story": _story_line(content.story, self._zone),
            "earlier": _earlier(content.story, self._zone, limits),
            "published": content.published_at,
            "seen": content.seen_at,
        }

    def _byline(self, content: AlertContent, outlet: str) -> str:
        when = content.published_at or content.seen_at
        time = local_time(when, self._zone) if content.published_at else f"seen {local_time(when, self._zone)}"
        language = LANGUAGES.get(content.language, "") if content.kind not in {"health", "digest"} else ""
        return " · ".join(piece for piece in (outlet, time, language) if piece)

    def problems(self, name: str, views: Iterable[Mapping[str, object]], *, telegram: bool) -> list[Problem]:
        """What is wrong with a template, found by filling it: with its file and line; empty when nothing is."""
        try:
            for view in views:
                complaint = _complaint(self.fill(name, view), telegram=telegram)
                if complaint:
                    return [Problem(self._file(name), 0, "", complaint)]
        except jinja2.TemplateSyntaxError as error:
            return [Problem(error.filename or name, error.lineno, "", f"the template is wrong: {error.message}")]
        except Exception as error:  # noqa: BLE001 - an expression of a template may raise anything
            return [Problem(self._file(name), _template_line(error), "", f"the template fails: {error}")]
        return []

    def _file(self, name: str) -> str:
        return self._environment.get_template(name).filename or name


def _environment(template_dir: Path | None) -> jinja2.Environment:
    directories = [*([template_dir] if template_dir else []), _TEMPLATES]
    return ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader(directories),
        autoescape=lambda name: name is None or not name.endswith(".txt.j2"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def _template_line(error: Exception) -> int:
    numbers = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(".j2")]
    return numbers[-1] or 0 if numbers else 0


def _complaint(text: str, *, telegram: bool) -> str:
    """What is wrong with a filled template; empty when nothing is."""
    if not text.strip():
        return "the template gives an empty text"
    if not telegram:
        return ""
    problem = telegram_problem(text)
    if problem:
        return f"Telegram would refuse what the template gives: {problem}"
    return "" if utf16_units(spaced(text)) <= TELEGRAM_UNITS else f"the text is over {TELEGRAM_UNITS} characters long"


@lru_cache(maxsize=8)
def _renderer(zone: str) -> Renderer:
    return Renderer(zone)


def render(content: AlertContent, fmt: Format, *, zone: str) -> Message:
    """The alert as a message in a format, with the templates that come with Watcher."""
    return _renderer(zone).render(content, fmt)


def as_plain(message: Message) -> Message:
    """The same message as plain text, for when its markup was refused."""
    return replace(message, format="text", body=message.plain)


# --- samples -----------------------------------------------------------------------------------------------------


def sample_alert(now: datetime) -> AlertContent:
    """An alert that shows everything an alert can have; for ``notify-test``."""
    evidence = (
        "US Secretary of State Marco Rubio told European allies that a peace deal must be agreed before Washington"
        " commits to long-term security guarantees for Ukraine."
    )
    return AlertContent(
        id="SAMPLE23",
        kind="new",
        level="core",
        headline="[Test] Rubio to allies: first a peace deal, then security guarantees for Ukraine",
        url="https://example.org/news/rubio-security-guarantees?edition=europe",
        outlet="Example Wire",
        language="en",
        published_at=now - timedelta(minutes=4),
        seen_at=now,
        evidence=evidence,
        marks=tuple(_found(evidence, ("Marco Rubio", "peace deal", "security guarantees for Ukraine"))),
        reasons=(
            Reason("Security guarantees", "core", 12.0, 5.0, ("security guarantees", "Rubio", "first a peace deal")),
            Reason("Peace plan", "mention", 3.5, 2.0, ("peace deal",)),
        ),
        entities=("Marco Rubio", "Ukraine", "United States Department of State"),
        facts=("19-point plan", "deadline 2025-11-27"),
        text_source="summary",
    )


def _found(text: str, words: Iterable[str]) -> Iterator[tuple[int, int]]:
    for word in words:
        begin = text.index(word)
        yield begin, begin + len(word)


def sample_alerts(now: datetime) -> tuple[AlertContent, ...]:
    """Alerts that templates must cope with: full, bare, and hostile."""
    full = sample_alert(now)
    bare = AlertContent("BARE2345", "health", "core", "A feed is silent", "", "", "", None, now, "", (), ())
    nasty = "<b>&amp;</i>\"'{{ 7 * 7 }}\u202e\x1b[31m " * 40
    reason = Reason(nasty, "mention", 1e9, 0.25, (nasty,) * 9)
    hostile = replace(
        full,
        kind="update",
        headline=nasty,
        url="https://example.org/?q=%22&x='<b>'&" + "y" * 900,
        outlet=nasty,
        published_at=None,
        evidence=nasty,
        marks=((3, 9), (5, 40), (900, 2000)),
        reasons=(reason,) * 12,
        entities=(nasty,) * 30,
        facts=(nasty,) * 30,
        text_source="title",
    )
    return full, bare, replace(full, kind="digest", level="mention"), hostile
