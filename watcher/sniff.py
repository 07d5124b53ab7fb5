"""What can be told of a document from its first bytes: its kind, its charset, and whether it is a wall, not a page.

Servers lie about types and charsets, and answer a feed reader with challenges and notices instead of the document.
Everything here is linear in the length of what is looked at, and looks at a bounded part of it.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from html import unescape
from typing import Literal
from urllib.parse import urljoin

Kind = Literal["empty", "html", "xml", "json", "pdf", "image", "archive", "media", "text", "binary"]

_HEAD = 64_000
_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"%PDF-", "pdf"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"BM", "image"),
    (b"II*\x00", "image"),
    (b"\x00\x00\x01\x00", "image"),
    (b"PK\x03\x04", "archive"),
    (b"\x1f\x8b\x08", "archive"),
    (b"7z\xbc\xaf", "archive"),
    (b"Rar!", "archive"),
    (b"ID3", "media"),
    (b"OggS", "media"),
    (b"\x1aE\xdf\xa3", "media"),
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HTML = re.compile(rb"<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]", re.IGNORECASE)
_XML_ROOT = re.compile(rb"<(?![?!])(?:[\w.-]+:)?([A-Za-z][\w.-]*)")
_HTML_ROOTS = frozenset(b"html head body title meta link script style div p a span table h1 h2 center br".split())
_FEED_ROOTS = frozenset({b"rss", b"feed", b"rdf", b"channel"})
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w:.-]{2,40})", re.IGNORECASE)
_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w:.-]{2,40})", re.IGNORECASE)
_FEED_TYPE = re.compile(r"application/(?:rss|atom|rdf)\+xml|application/(?:feed\+)?json", re.IGNORECASE)


def kind(body: bytes) -> Kind:
    """What a document is, by its bytes alone; ``text`` when nothing says more."""
    if not body.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        return "empty"
    for magic, name in _MAGIC:
        if body.startswith(magic):
            return name
    if body[:4] == b"RIFF":
        return "image" if body[8:12] == b"WEBP" else "media"
    if body[4:8] == b"ftyp":
        return "media"
    return _textual_kind(_ascii_head(body))


def _ascii_head(body: bytes) -> bytes:
    """The first part of the body with the zero bytes of UTF-16 and UTF-32 taken out, so that markup can be seen."""
    head = body[:_HEAD]
    return head.replace(b"\x00", b"") if b"\x00" in head[:200] and b"<" in head[:200] else head


def _textual_kind(head: bytes) -> Kind:
    start = head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if start[:1] in {b"{", b"["}:
        return "json"
    if start[:5] == b"<?xml" or root_name(head) in _FEED_ROOTS:
        return "html" if root_name(head) == b"html" else "xml"
    if _HTML.search(start[:4_000]):
        return "html"
    if b"\x00" in head:
        return "binary"
    if start[:1] == b"<":
        return "html" if root_name(head) in _HTML_ROOTS else "xml"
    return "text"


def root_name(body: bytes) -> bytes:
    """The local name of the first element, in lower case; empty when there is none."""
    found = _XML_ROOT.search(_without_comments(_ascii_head(body)))
    return found.group(1).lower() if found else b""


def _without_comments(head: bytes) -> bytes:
    parts = head.split(b"<!--")
    return parts[0] + b"".join(part.partition(b"-->")[2] for part in parts[1:])


def repaired_utf8(body: bytes) -> bytes | None:
    """The body as valid UTF-8, when UTF-8 is what it is meant to be; None when it must be something else.

    A body that is cut within a character, or holds a few broken bytes, is still UTF-8: to take it for windows-1252, as
    parsers do, would garble all the rest. Plain ASCII is None: it says nothing.
    """
    if body.isascii() or b"\x00" in body[:200]:
        return None
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return body
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    beyond_ascii = len(text.encode("ascii", "ignore")) - len(text)
    return text.encode("utf-8") if -beyond_ascii > 11 * broken else None


def decode(body: bytes, content_type: str) -> str:
    """The text of an HTML page: byte order mark, UTF-8 if it can be, then the header, then the page, then a guess.

    UTF-8 goes before what is declared because other charsets do not look like it by chance.
    """
    for bom, charset in _BOMS:
        if body.startswith(bom):
            return body.decode(charset, "replace")
    if body.isascii():
        return _with_charset(body, _declared(body, content_type)) or body.decode("ascii")
    utf8 = repaired_utf8(body)
    if utf8 is not None:
        return utf8.decode("utf-8")
    return _with_charset(body, _declared(body, content_type)) or _guessed(body)


def _declared(body: bytes, content_type: str) -> Iterator[str]:
    if found := _HEADER_CHARSET.search(content_type):
        yield found.group(1)
    if declared := _META_CHARSET.search(body[:_HEAD]):
        yield declared.group(1).decode("ascii", "replace")


def _with_charset(body: bytes, charsets: Iterator[str]) -> str:
    for charset in charsets:
        # what is labelled latin-1 is windows-1252 everywhere on the web, and gb2312 is its superset
        name = {"iso-8859-1": "windows-1252", "latin1": "windows-1252", "gb2312": "gb18030"}.get(
            charset.lower(), charset
        )
        try:
            text = body.decode(name, "strict")
        except (LookupError, UnicodeError):
            continue
        if isinstance(text, str):
            return text
    return ""


def _guessed(body: bytes) -> str:
    """Cyrillic in windows-1251 is by far the commonest undeclared charset of the outlets at hand; then western."""
    for charset in ("windows-1251", "windows-1252"):
        try:
            text = body.decode(charset)
        except UnicodeDecodeError:
            continue
        if charset == "windows-1252" or _mostly_cyrillic(text):
            return text
    return body.decode("utf-8", "replace")


def _mostly_cyrillic(text: str) -> bool:
    runs = re.findall(r"[А-Яа-яЁёІіЇїЄєҐґ]{3,}", text[:200_000])
    beyond_ascii = sum(char > "\x7f" for char in text[:200_000])
    return sum(map(len, runs)) * 2 > beyond_ascii


# --- walls -------------------------------------------------------------------------------------------------------

_WALLS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile("|".join(patterns), re.IGNORECASE | re.DOTALL))
    for name, *patterns in (
        (
            "Cloudflare",
            r"<title>\s*just a moment|cf-browser-verification|cf_chl_|/cdn-cgi/challenge-platform/h/[bg]/orchestrate",
            r"attention required! \| cloudflare|cf-error-details",
        ),
        ("DataDome", r"captcha-delivery\.com|geo\.captcha-delivery"),
        ("PerimeterX", r"px-captcha|_pxappid.{0,200}captcha"),
        ("Imperva", r"_incapsula_resource.{0,3000}(?:noindex|iframe)|incapsula incident id"),
        ("Akamai", r"<title>\s*access denied\s*</title>.{0,2000}reference\s*(?:#|&#35;)"),
        ("AWS WAF", r"awswafcookiedomainlist|token\.awswaf\.com.{0,500}challenge"),
        ("DDoS-Guard", r"<title>\s*ddos-guard|ddos-guard\.net/\.well-known|check\.ddos-guard\.net"),
        ("Sucuri", r"sucuri website firewall|sucuri_cloudproxy_js"),
        ("Anubis", r"making sure you(?:'|’|&#39;)re not a bot|/\.within\.website/x/cmd/anubis"),
        ("Qrator", r"__qrator|qauth\.js"),
        ("Variti", r"variti.{0,200}(?:captcha|challenge)|servicepipe\.ru"),
        (
            "a bot check",
            r"<title>[^<]{0,80}(?:are you (?:a )?(?:human|robot)|robot check|human verification|verify you are human)",
            r"<title>[^<]{0,80}(?:checking your browser|security check|one moment, please|проверка браузера)",
            r"<title>[^<]{0,80}(?:перевірка браузера|подтвердите, что|вы не робот|captcha)",
        ),
    )
)
_WALL_MAX = 60_000


def bot_wall(page: str) -> str:
    """Who stands in the way, when a page is a challenge to prove that one is no robot; empty when it is none.

    Articles quote such phrases and real pages carry the scripts of such services, so that only small pages count.
    """
    if len(page) > _WALL_MAX:
        return ""
    return next((name for name, pattern in _WALLS if pattern.search(page)), "")


def page_title(page: str) -> str:
    """The content of ``<title>``, unescaped, on one line, at most 200 characters."""
    found = re.search(r"<title[^>]{0,200}>([^<]{0,1000})", page[:_HEAD], re.IGNORECASE)
    return " ".join(unescape(found.group(1)).split())[:200] if found else ""


def linked_feeds(page: str, url: str) -> Iterator[str]:
    """The feeds that a page names in ``<link rel="alternate">``, absolute, in its order."""
    for tag in re.findall(r"<link\b[^>]{1,2000}>", page[:500_000], re.IGNORECASE):
        address = re.search(r"href\s*=\s*(?:\"([^\"]+)\"|'([^']+)'|([^\s>]+))", tag, re.IGNORECASE)
        if address and _FEED_TYPE.search(tag) and "alternate" in tag.lower():
            absolute = joined(url, unescape(next(filter(None, address.groups()))))
            if absolute:
                yield absolute


def joined(base: str, link: str) -> str:
    """A link made absolute against ``base``; empty unless the result is http or https with a host."""
    link = link.strip(" \t\r\n\f\x00").replace("\n", "").replace("\r", "").replace("\t", "")
    if not link or link.startswith("#"):
        return ""
    try:
        absolute = urljoin(base, link)
    except ValueError:
        return ""
    return absolute if re.match(r"https?://[^/?#\s\\]+", absolute, re.IGNORECASE) else ""
