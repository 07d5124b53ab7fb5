"""The text of an article page, through trafilatura; or the reason why the page holds none.

Runs in worker processes only: trafilatura and lxml are large, and may crash or hang on hostile pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from configparser import ConfigParser
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from urllib.parse import urlsplit

from lxml.html import HtmlElement  # type: ignore[import-untyped] # it has no annotations
from trafilatura import bare_extraction, load_html
from trafilatura.meta import reset_caches
from trafilatura.settings import Extractor, use_config

from watcher import sniff
from watcher.model import FailureKind
from watcher.text import canon, clean_line
from watcher.visible import visible_text

MAX_PAGE = 4_000_000
MAX_ELEMENTS = (
    30_000  # the largest of 1 400 real pages has 10 106; the time of an extraction grows faster than their number
)
MAX_TEXT = 200_000
MIN_TEXT = 140
RESET_EVERY = 500
_LONG_LINE = 60


@dataclass(frozen=True, slots=True)
class ExtractedPage:
    """An article, as its page has it.

    Attributes:
        text: canonical; paragraphs are lines.
        canonical_url: what the page names as its address, if that is on the same site; else empty.
        language: ISO 639-1 as declared, or empty.
        published: as declared, aware, in UTC; None when the page says nothing that can be read.
    """

    title: str
    text: str
    canonical_url: str = ""
    language: str = ""
    published: datetime | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The page is no article that can be read.

    Attributes:
        kind: NOT_HTML, TOO_LARGE, DENIED (a wall), or NO_TEXT.
        reason: in words, on one line.
    """

    kind: FailureKind
    reason: str


def extract_page(body: bytes, headers: Mapping[str, str], url: str) -> ExtractedPage | Refused:
    """Extracts the article of a page.

    Args:
        body: the page, decoded from its transfer and content encodings.
        headers: of the response, names in lower case.
        url: where the page came from.
    """
    opened = _opened(body, headers)
    return opened if isinstance(opened, Refused) else _extracted(*opened, url)


def extract_if(
    worth: Callable[[str], bool], body: bytes, headers: Mapping[str, str], url: str
) -> ExtractedPage | Refused | None:
    """Extracts the article of a page that is worth it; None when it is not.

    Args:
        worth: is asked with all text that is on the page; not at all when there is doubt over what that is.
        body, headers, url: as for :func:`extract_page`.
    """
    opened = _opened(body, headers)
    if isinstance(opened, Refused):
        return opened
    tree, page = opened
    seen = visible_text(tree)
    if seen is not None and not worth(f"{_title(tree, page)}\n{seen}"):
        return None
    return _extracted(tree, page, url)


def _opened(body: bytes, headers: Mapping[str, str]) -> tuple[HtmlElement, str] | Refused:
    """The page as a tree and as text."""
    refused = _not_a_page(body)
    if refused:
        return refused
    page = sniff.decode(body, headers.get("content-type", ""))
    wall = sniff.bot_wall(page)
    if wall:
        return Refused(FailureKind.DENIED, f"a challenge of {wall} to prove that one is no robot")
    tree = _tree(page)
    if tree is None:
        return Refused(FailureKind.NO_TEXT, "the page cannot be parsed")
    elements = sum(1 for _ in tree.iter())
    if elements > MAX_ELEMENTS:
        return Refused(FailureKind.TOO_LARGE, f"the page has {elements} elements")
    return tree, page


def extract_fragment(markup: str) -> str:
    """The text of an article that the feed itself carries as HTML: canonical, paragraphs are lines.

    A fragment has no menus to be told from the article, so that all of its text is kept.
    """
    tree = _tree(f"<html><body><article>{markup[:MAX_PAGE]}</article></body></html>")
    if tree is None or sum(1 for _ in tree.iter()) > MAX_ELEMENTS:
        return ""
    for element in list(tree.iter("script", "style", "noscript", "template", "iframe", "form", "button", "figcaption")):
        element.drop_tree()
    for element in tree.iter(*_BLOCKS):
        element.tail = "\n" + (element.tail or "")
        element.text = "\n" + (element.text or "")
    return "\n".join(_lines(tree.text_content()))[:MAX_TEXT]


_BLOCKS = (
    *("address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figure", "h1", "h2", "h3", "h4"),
    *("h5", "h6", "hr", "li", "ol", "p", "pre", "section", "table", "tr", "ul"),
)


def _not_a_page(body: bytes) -> Refused | None:
    kind = sniff.kind(body)
    if kind == "empty":
        return Refused(FailureKind.NO_TEXT, "the page is empty")
    if kind != "html" and not (kind == "text" and b"<" in body[:4_000]):
        return Refused(FailureKind.NOT_HTML, f"the answer is {kind}, no web page")
    if len(body) > MAX_PAGE:
        return Refused(FailureKind.TOO_LARGE, f"the page has {len(body)} bytes")
    return None


def _tree(page: str) -> HtmlElement | None:
    # libxml2 refuses a text with an encoding declaration, and stops at a zero byte
    page = re.sub(r"^\s*<\?xml[^>]{0,200}\?>", "", page.replace("\x00", ""), count=1)
    return load_html(page, MAX_PAGE)


def _limits() -> ConfigParser:
    config = use_config()
    config["DEFAULT"]["MAX_TREE_SIZE"] = "50000"
    config["DEFAULT"]["MAX_FILE_SIZE"] = str(MAX_PAGE)
    return config


# One for all pages: making one costs more than a small page. Nothing in it is changed by an extraction.
_OPTIONS = Extractor(config=_limits(), output_format="python", comments=False)
_calls = count(1)  # the library's caches grow for ever, so that they are emptied now and then


def _extracted(tree: HtmlElement, page: str, url: str) -> ExtractedPage | Refused:
    title = _title(tree, page)
    found = ExtractedPage(title, "", _canonical_url(tree, url), _language(tree), _published(tree, page))
    if next(_calls) % RESET_EVERY == 0:
        reset_caches()
    try:
        document = bare_extraction(tree, options=_OPTIONS)
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception as error:  # noqa: BLE001 - a library fed with hostile pages: any failure is the page's
        return Refused(FailureKind.NO_TEXT, clean_line(f"the extractor failed ({type(error).__name__}: {error})"))
    text = getattr(document, "text", None) or ""
    lines = list(_lines(text[: 2 * MAX_TEXT]))
    if lines and title and lines[0].casefold() == title.casefold():
        del lines[0]
    reason = _flaw(lines, page, title)
    if reason:
        return Refused(FailureKind.NO_TEXT, reason)
    article = "\n".join(_without_walls(lines))[:MAX_TEXT]
    return ExtractedPage(title, article, found.canonical_url, found.language, found.published)


def _lines(text: str) -> Iterator[str]:
    """Paragraphs in canonical form, without blank ones and without one that repeats the one before."""
    last = ""
    for raw in canon(text).split("\n"):
        line = " ".join(raw.split())
        if line and line != last and line not in {"|", "-", "|---|"}:
            yield line
            last = line


# --- is it an article? ---------------------------------------------------------------------------------------------

_COOKIES = re.compile(
    r"cookie|consent|gdpr|legitimate interest|personali[sz]ed (?:ads|content)|privacy policy|your privacy"
    r"|datenschutz|einwilligung|zustimm|confidentialité|consentement|traceurs|privacidad|consentimiento"
    r"|ciasteczk|plik(?:i|ów) cookie|prywatnoś|куки|файл\w* cookie|конфиденциальност|персональных данных"
    r"|конфіденційн|персональних даних",
    re.IGNORECASE,
)
_PAYWALL = re.compile(
    r"subscribe (?:now |today )?(?:to|for) (?:continue|read|unlock|full|unlimited)|already (?:a |have a )?subscri"
    r"|subscribers? only|for subscribers|to continue reading|unlock (?:this|the) (?:article|story)|register to read"
    r"|create (?:a|your) free account|log ?in to (?:continue|read)|start your free trial|you have reached your limit"
    r"|nur für abonnenten|jetzt abonnieren|weiterlesen mit|bereits abonnent|réservé aux abonnés|déjà abonné"
    r"|abonnez-vous pour|il vous reste [\d.,]+ ?% de cet article|solo para suscriptores|suscríbete para"
    r"|riservato agli abbonati|dla subskrybentów|wykup (?:dostęp|prenumeratę)|доступно только подписчикам"
    r"|только для подписчиков|оформите подписку|лише для передплатників|оформіть передплату",
    re.IGNORECASE,
)
_NO_SCRIPT = re.compile(
    r"(?:enable|turn on|activate|requires?) javascript|javascript (?:is|has been) (?:disabled|not)"
    r"|javascript aktivieren|activer javascript|включите javascript|увімкніть javascript"
    r"|please update your browser|unsupported browser",
    re.IGNORECASE,
)
_ERROR_PAGE = re.compile(
    r"\b(?:404|410|500|502|503)\b|page (?:not|cannot be|could not be) found|not found|access denied|forbidden"
    r"|seite nicht gefunden|page introuvable|página no encontrada|nie znaleziono strony|страница не найдена"
    r"|сторінк\w+ не знайдено|service unavailable|temporarily unavailable",
    re.IGNORECASE,
)
_REFRESH = re.compile(r"<meta[^>]{1,100}http-equiv\s*=\s*[\"']?refresh[^>]{1,300}url\s*=", re.IGNORECASE)
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def _weight(text: str) -> int:
    """The length of a text in characters of an alphabet: a Chinese, Japanese or Korean sign says as much as three."""
    return len(text) + 2 * len(_WIDE.findall(text[:20_000]))


def _flaw(lines: list[str], page: str, title: str) -> str:
    """Why a text is no article, in words; empty when it is one. A long text is never judged by its phrases."""
    text = "\n".join(lines)
    weight = _weight(text)
    if weight < 1_500:
        walls = (
            (_COOKIES, 3, "the text is a notice about cookies"),
            (_NO_SCRIPT, 1, "the page needs a browser with scripts"),
        )
        for pattern, least, reason in walls:
            hits = len(pattern.findall(text))
            if hits >= least and (hits >= 2 * least or weight < 600):
                return reason
    if weight < 800 and _ERROR_PAGE.search(title):
        return f"the page is an error message: {clean_line(title, 80)}"
    left = _weight("\n".join(_without_walls(lines)))
    if left < MIN_TEXT:
        return _why_short(left, weight, page)
    return "the text is a list of links, no prose" if _is_list(lines, weight) else ""


def _why_short(left: int, weight: int, page: str) -> str:
    if left < weight:
        return "the article is behind a paywall"
    if len(page) < 30_000 and _REFRESH.search(page):
        return "the page only redirects to another"
    return "the page has no text" if not left else f"the text is too short ({left} characters)"


def _without_walls(lines: list[str]) -> list[str]:
    """The article without the lines that ask for a subscription."""
    return [line for line in lines if len(line) > 300 or not _PAYWALL.search(line)]


def _is_list(lines: list[str], weight: int) -> bool:
    """Menus and link lists have many short lines; a short message has few."""
    prose = sum(_weight(line) for line in lines if _weight(line) >= _LONG_LINE)
    return len(lines) > 8 and weight < 4_000 and prose < 0.3 * weight


# --- what the page says of itself ----------------------------------------------------------------------------------


def _metas(tree: HtmlElement, *names: str) -> Iterator[str]:
    found: dict[str, str] = {}
    for meta in tree.iter("meta"):
        name = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").lower()
        if name in names and meta.get("content"):
            found.setdefault(name, meta.get("content") or "")
    yield from (found[name] for name in names if name in found)


def _title(tree: HtmlElement, page: str) -> str:
    headings = [" ".join(heading.text_content().split()) for heading in tree.iter("h1")]
    heading = headings[0] if len(headings) == 1 and len(headings[0]) > 10 else ""
    title = next(_metas(tree, "og:title", "twitter:title"), "") or heading or sniff.page_title(page)
    return clean_line(title, 500)


def _canonical_url(tree: HtmlElement, url: str) -> str:
    """Only on the same site, and not the home page: misconfigured sites name that for every article."""
    links = [link.get("href") or "" for link in tree.iter("link") if (link.get("rel") or "").lower() == "canonical"]
    for link in (*links, *_metas(tree, "og:url")):
        absolute = sniff.joined(url, link)
        if not absolute or not _same_site(absolute, url):
            continue
        named, own = urlsplit(absolute), urlsplit(url)
        if named.path.strip("/") or named.query or not own.path.strip("/"):
            return absolute
    return ""


def _same_site(one: str, other: str) -> bool:
    try:
        hosts = [re.sub(r"^(?:www|m|mobile|amp)\.", "", (urlsplit(url).hostname or "")) for url in (one, other)]
    except ValueError:
        return False
    first, second = sorted(hosts, key=len)
    return bool(first) and (first == second or ("." in first and second.endswith("." + first)))


def _language(tree: HtmlElement) -> str:
    root = tree.getroottree().getroot()
    declared = root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or ""
    declared = declared or next(_metas(tree, "og:locale", "content-language", "language"), "")
    found = re.match(r"\s*([A-Za-z]{2})(?=$|[-_\s])", declared)
    code = found.group(1).lower() if found else ""
    return {"ua": "uk", "cz": "cs"}.get(code, code)


def _published(tree: HtmlElement, page: str) -> datetime | None:
    for raw in _metas(tree, "article:published_time", "datepublished", "date", "dc.date.issued", "parsely-pub-date"):
        if moment := _moment(raw):
            return moment
    found = re.search(r"\"datePublished\"\s*:\s*\"([^\"]{10,40})\"", page)
    return _moment(found.group(1)) if found else None


def _moment(raw: str) -> datetime | None:
    """Only ISO 8601 with a zone: a guess would be worse than the date of the feed."""
    try:
        moment = datetime.fromisoformat(raw.strip())
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
