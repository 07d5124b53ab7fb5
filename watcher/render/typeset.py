"""Words of others on one's own page: made visible, cut to size, and safe in every kind of message.

Lengths are characters, or what Telegram counts (UTF-16 units) where a name says so.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from watcher.model import Format, Message

TELEGRAM_UNITS = 3900
MAIL_URL = 4000
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905 - strftime follows the locale


def visible(text: str) -> str:
    """The text on one line without control, format and bidi characters; spaces at the ends stay."""
    return text if text.isprintable() else "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    if char.isspace():
        return " "
    match unicodedata.category(char):
        case "Cc" | "Cf":
            return ""
        case "Cs":
            return "\ufffd"
        case _:
            return char


def line(text: str, limit: int) -> str:
    """One visible line of at most ``limit`` characters, cut at a word where that costs little."""
    whole = " ".join(visible(text[: 8 * limit + 64]).split())
    if len(whole) <= limit:
        return whole
    return _cut(whole, limit)


def _cut(whole: str, limit: int) -> str:
    end = whole.rfind(" ", limit - 1 - limit // 6, limit)
    return whole[: end if end > 0 else limit - 1].rstrip() + "…"


def lines(texts: Iterable[str], count: int, limit: int) -> tuple[str, ...]:
    """At most ``count`` visible lines of at most ``limit`` characters, without empty ones."""
    cleaned = (line(text, limit) for text in list(texts)[:count])
    return tuple(text for text in cleaned if text)


def utf16_units(text: str) -> int:
    """The length of a text as Telegram counts it."""
    return len(text) + sum(char > "\uffff" for char in text)


def cut_units(text: str, units: int) -> str:
    """The text, cut to so many UTF-16 units."""
    if utf16_units(text) <= units:
        return text
    left = units - 1
    for position, char in enumerate(text):
        left -= 2 if char > "\uffff" else 1
        if left < 0:
            return text[:position].rstrip() + "…"
    return text


def safe_href(url: str, limit: int = MAIL_URL) -> str:
    """The URL when it may be linked to; else empty: only http(s) with a host, nothing unseen, not cut."""
    if " " in url or not url.isprintable() or len(html.escape(url)) > limit:
        return ""
    try:
        parts = urlsplit(url)
        usable = parts.scheme.lower() in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return ""
    return url if usable else ""


def day_of(day: date) -> str:
    """A day for people: ``27 Nov 2025``."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def short_time(moment: datetime, zone: ZoneInfo) -> str:
    """A moment not long ago, for people: ``26 Nov, 14:02``."""
    local = moment.astimezone(zone)
    return f"{local.day} {_MONTHS[local.month - 1]}, {local:%H:%M}"


def local_time(moment: datetime, zone: ZoneInfo) -> str:
    """A moment for people: ``26 Nov 2025, 14:02 EET``."""
    local = moment.astimezone(zone)
    return f"{day_of(local)}, {local:%H:%M} {local.tzname() or ''}".strip()


def spaced(text: str) -> str:
    """Without trailing spaces, and with at most one empty line in a row."""
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)).strip()


def tight(page: str) -> str:
    """HTML without the line ends between tags: Apprise would turn each into an empty line of the plain part."""
    return re.sub(r">\s*\n\s*<", "><", page).strip()


_TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)?((?:\s[^<>]*)?)>|[<>]")


def telegram_problem(text: str) -> str:
    """Why Telegram might refuse a text; empty when it will not. Stricter than Telegram: only b, i, a and code."""
    open_tags: list[str] = []
    for match in _TAG.finditer(text):
        closing, name, attributes = match[1], match[2], (match[3] or "").strip()
        if name not in {"b", "i", "a", "code"}:
            return f"{match[0]!r} is not one of the tags b, i, a and code"
        if closing and (not open_tags or open_tags.pop() != name):
            return f"</{name}> closes nothing"
        if not closing:
            if not re.fullmatch(r'href="https?://[^"]+"' if name == "a" else "", attributes):
                return f"{match[0]!r} has attributes that it may not have"
            open_tags.append(name)
    if open_tags:
        return f"<{open_tags[-1]}> is not closed"
    return "" if re.sub(r"<[^>]*>", "", text).strip() else "the text is empty"


def cut_escaped(plain: str, units: int) -> str:
    """The text escaped, cut so that it has at most so many UTF-16 units then."""
    text = plain
    while utf16_units(html.escape(text, quote=False)) > units:
        text = cut_units(text, utf16_units(text) * 3 // 4)
    return html.escape(text, quote=False)


def fit(message: Message, fmt: Format) -> Message:
    """A message for a target of another format, as the plain text that it has; as it is when the format is the same."""
    if message.format == fmt:
        return message
    if fmt == "telegram":
        plain = cut_units(message.plain, TELEGRAM_UNITS)
        return Message("telegram", "", cut_escaped(plain, TELEGRAM_UNITS), plain, message.thread)
    return Message("text", message.subject, message.plain, message.plain, message.thread)
