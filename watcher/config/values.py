"""The values of single fields: read from text, checked, described for the JSON Schema.

Each raises a :class:`pydantic_core.PydanticCustomError` whose context holds ``message`` and ``remedy``.
"""

from __future__ import annotations

import ipaddress
import re
import zoneinfo
from datetime import time, timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from watcher.config.codes import COUNTRIES, COUNTRY_SLIPS, LANGUAGE_SLIPS, LANGUAGES, UNIONS
from watcher.config.findings import did_you_mean

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SIZES = {"": 1, "kb": 1000, "mb": 1000_000, "gb": 1000_000_000, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30}
_DURATION_REMEDY = "write it as 90s, 30m, 2h or 1d 12h, or as a number of seconds"
_ID_REMEDY = "use small letters, digits, `-` and `_`, beginning with a letter or digit"
# Every place that holds a duration stays far from the limits of timedelta and datetime.
_LONGEST = 10 * 365 * 86400
ANY_LANGUAGE = "any"
_ONE_EACH = "make two targets, one for each recipient: each is delivered on its own"


def bad(message: str, remedy: str = "") -> PydanticCustomError:
    """An error of a value, with what to do about it."""
    return PydanticCustomError("watcher", "{message}", {"message": message, "remedy": remedy})


def parse_duration(value: object) -> timedelta:
    """``30m``, ``2h``, ``1d 12h``, or a number of seconds."""
    text = _scalar(value, "a duration", _DURATION_REMEDY).strip().lower()
    number = re.fullmatch(r"\d{1,9}", text)
    parts = re.findall(r"(\d{1,9})\s*([smhdw])", text)
    if not number and not re.fullmatch(r"(\d{1,9}\s*[smhdw]\s*)+", text):
        raise bad(f"`{text}` is not a duration", _DURATION_REMEDY)
    seconds = int(text) if number else sum(int(amount) * _UNITS[unit] for amount, unit in parts)
    if seconds > _LONGEST:
        raise bad(f"`{text}` is longer than ten years", _DURATION_REMEDY)
    return timedelta(seconds=seconds)


def format_duration(value: timedelta) -> str:
    """The shortest text that ``parse_duration`` reads as this value: ``1d 12h``."""
    rest, parts = int(value.total_seconds()), []
    for unit in ("d", "h", "m", "s"):
        amount, rest = divmod(rest, _UNITS[unit])
        if amount:
            parts.append(f"{amount}{unit}")
    return " ".join(parts) or "0s"


def parse_wall_time(value: object) -> time:
    """``23:00``: what a clock on the wall shows."""
    remedy = "write hours and minutes, such as 07:00 or 23:30"
    text = _scalar(value, "a time of day", remedy).strip()
    found = re.fullmatch(r"(\d{1,2}):(\d{2})", text, re.ASCII)
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        raise bad(f"`{text}` is no time of day", remedy)
    return time(int(found[1]), int(found[2]))


def parse_size(value: object) -> int:
    """``2000000``, ``2MB``, ``2 MiB``: bytes."""
    remedy = "write it as 2MB or 500KB, or as a number of bytes"
    text = _scalar(value, "a size", remedy).strip().lower()
    match = re.fullmatch(r"(\d{1,12})\s*(kb|mb|gb|kib|mib|gib|)b?", text)
    if not match:
        raise bad(f"`{text}` is not a size", remedy)
    return int(match[1]) * _SIZES[match[2]]


def _scalar(value: object, what: str, remedy: str) -> str:
    if not isinstance(value, str):
        raise bad("has no value" if value is None else f"should be {what}, not a list or mapping", remedy)
    return value


def check_id(text: str) -> str:
    """An id: stable, fit for a file name, a URL and a column."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", text):
        raise bad(f"`{text}` is no usable id", _ID_REMEDY)
    return text


def check_language(text: str) -> str:
    """A language of ISO 639-1."""
    if text in LANGUAGES:
        return text
    base = text.lower().split("-")[0]
    guess = LANGUAGE_SLIPS.get(base, base if base in LANGUAGES else "")
    remedy = f"did you mean `{guess}`?" if guess else "use the two letters of ISO 639-1, such as en, uk, de"
    raise bad(f"`{text}` is no language of ISO 639-1", remedy)


def check_language_or_any(text: str) -> str:
    """A language of ISO 639-1, or ``any`` for what is written alike in all of them."""
    return text if text == ANY_LANGUAGE else check_language(text)


def check_country(text: str) -> str:
    """A country of ISO 3166-1 (alpha-2), ``eu``, or ``int`` for international bodies."""
    if text in COUNTRIES | UNIONS:
        return text
    low = text.lower()
    guess = COUNTRY_SLIPS.get(low, low if low in COUNTRIES | UNIONS else "")
    remedy = f"did you mean `{guess}`?" if guess else "use the two letters of ISO 3166-1, `eu`, or `int`"
    raise bad(f"`{text}` is no country of ISO 3166-1", remedy)


def check_zone(text: str) -> str:
    """A time zone of the IANA data base."""
    if text in zoneinfo.available_timezones():
        return text
    known = zoneinfo.available_timezones()
    near = did_you_mean(text.replace(" ", "_").title(), known, did_you_mean(text, known))
    raise bad(f"`{text}` is no time zone of the IANA data base", near or "use a name such as Europe/Kyiv or UTC")


def check_private(text: str) -> str:
    """A CIDR block, an address, or a host name."""
    if re.fullmatch(r"[\d.]+(/.*)?|.*:.*|.*/.*", text):
        return _check_network(text)
    if not _is_host(text):
        raise bad(f"`{text}` is no CIDR block and no host name", "write it as 10.0.0.0/8 or feeds.example.lan")
    return text.lower()


def _check_network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError:
        pass
    try:
        meant = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise bad(f"`{text}` is no CIDR block", "write it as 10.0.0.0/8 or fd00::/8") from None
    raise bad(f"`{text}` has bits set beyond its prefix", f"did you mean `{meant}`?")


def _is_host(text: str) -> bool:
    label = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
    return len(text) <= 253 and bool(re.fullmatch(rf"{label}(\.{label})*\.?", text, re.IGNORECASE))


def check_host(text: str) -> str:
    """A host name or an address."""
    bare = text.removeprefix("[").removesuffix("]")
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        pass
    if not _is_host(text):
        raise bad(f"`{text}` is no host name", "write the bare name, such as smtp.example.org, without scheme or port")
    return text


def check_http_url(text: str) -> str:
    """An absolute http or https URL with a host."""
    if re.search(r"[\s\x00-\x1f\x7f]", text):
        raise bad("the URL holds blanks or control characters", "percent-encode them")
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise bad(f"`{text}` is not a URL: {error}", "write it as https://host/path") from None
    if parts.scheme.lower() not in {"http", "https"}:
        scheme = f"the scheme `{parts.scheme}`" if parts.scheme else "no scheme"
        raise bad(f"`{text}` has {scheme}, and only http and https are fetched", "write it as https://host/path")
    if not parts.hostname:
        raise bad(f"`{text}` names no host", "write it as https://host/path")
    return text


def check_wikidata(text: str) -> str:
    """An item of Wikidata."""
    if not re.fullmatch(r"Q[1-9]\d{0,11}", text):
        raise bad(f"`{text}` is no Wikidata item", "write Q and a number, such as Q212, or leave it out")
    return text


def one_recipient(value: object) -> object:
    """Refuses a list where one recipient belongs."""
    if isinstance(value, list):
        raise bad("more than one recipient", _ONE_EACH)
    return value


def check_email(text: str) -> str:
    """One bare e-mail address."""
    if re.search(r"[,;]|\s\S+@", text):
        raise bad("more than one recipient", _ONE_EACH)
    # Narrower than RFC 5322: of some odd addresses Apprise makes other ones, and would write to strangers.
    name = r"[A-Za-z0-9_!#$&*=?^~-]+(\.[A-Za-z0-9_!#$&*=?^~-]+)*"
    domain = r"(localhost|([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,10}[A-Za-z]{2,63})"
    if not re.fullmatch(rf"(?=[^@]{{1,64}}@){name}(\+{name})?@{domain}", text):
        raise bad(f"`{text}` is no e-mail address that can be used", "write it bare, such as desk@example.org")
    return text


def check_chat(text: str) -> str:
    """One chat of Telegram: its number, or the @name of a public one."""
    if re.search(r"[,;\s]", text.strip()):
        raise bad("more than one chat", _ONE_EACH)
    if not re.fullmatch(r"-?\d{1,32}|@[A-Za-z][A-Za-z0-9_]{3,31}", text):
        raise bad(f"`{text}` is no chat", "write its number, such as -1001234567890, or @name of a public channel")
    return text


def check_bot_token(text: str) -> str:
    """A token of a Telegram bot."""
    if not re.fullmatch(r"\d{3,20}:[A-Za-z0-9_-]{5,100}", text):
        raise bad("no token of a Telegram bot", "it looks like 123456789:AAF… ; @BotFather gives it")
    return text


def as_list(value: object) -> object:
    """Lets one text stand for a list of one."""
    return [value] if isinstance(value, str) else value


def filled(text: str) -> str:
    """A text that is not empty."""
    if not text.strip():
        raise bad("is empty", "write something, or remove the line")
    return text


_TEXT: dict[str, Any] = {"type": "string"}
Text = Annotated[str, AfterValidator(filled), WithJsonSchema({"type": "string", "minLength": 1})]
Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    WithJsonSchema({"type": ["string", "integer"], "pattern": r"^(\d+|(\d+\s*[smhdw]\s*)+)$", "examples": ["30m"]}),
]
Size = Annotated[
    int,
    BeforeValidator(parse_size),
    WithJsonSchema({"type": ["string", "integer"], "pattern": r"^\d+\s*([kKmMgG][iI]?)?[bB]?$", "examples": ["2MB"]}),
]
Id = Annotated[
    str, AfterValidator(check_id), WithJsonSchema({"type": "string", "pattern": r"^[a-z0-9][a-z0-9_-]{0,63}$"})
]
Language = Annotated[str, AfterValidator(check_language), WithJsonSchema({"type": "string", "enum": sorted(LANGUAGES)})]
LanguageOrAny = Annotated[str, AfterValidator(check_language_or_any)]
Country = Annotated[
    str, AfterValidator(check_country), WithJsonSchema({"type": "string", "enum": sorted(COUNTRIES | UNIONS)})
]
TimeZone = Annotated[str, AfterValidator(check_zone)]
WallTime = Annotated[
    time,
    BeforeValidator(parse_wall_time),
    WithJsonSchema({"type": "string", "pattern": "^([01]?[0-9]|2[0-3]):[0-5][0-9]$", "examples": ["23:00"]}),
]
Private = Annotated[str, AfterValidator(check_private)]
Wikidata = Annotated[
    str, AfterValidator(check_wikidata), WithJsonSchema({"type": "string", "pattern": "^Q[1-9][0-9]*$"})
]
# Text that may name a secret: ${NAME} anywhere in it, or file:PATH as a whole. It is resolved and checked afterwards.
Secret = Annotated[
    str,
    AfterValidator(filled),
    WithJsonSchema({"type": ["string", "integer"], "examples": ["${NAME}", "file:/run/secrets/name"]}),
]
Recipient = Annotated[Secret, BeforeValidator(one_recipient)]
Words = Annotated[
    tuple[str, ...],
    BeforeValidator(as_list),
    WithJsonSchema({"anyOf": [_TEXT, {"type": "array", "items": {"type": ["string", "number"]}}]}),
]
