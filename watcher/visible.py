"""All the text that an article could be extracted from: more than a reader sees, never less than an extractor returns.

Whether any topic can fire on a page is asked of this text (:meth:`watcher.matching.Matcher.may_fire`) before the page
is extracted, which costs ten times as much. It is taken from the very tree that the extractor gets, so that no two
parsers can differ over broken markup.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator

from lxml import etree  # type: ignore[import-untyped] # it has no annotations
from lxml.html import HtmlElement  # type: ignore[import-untyped]

from watcher.text import is_garbled, plain

# Tags that may stand inside a word; all others are taken for borders between words.
_INLINE = frozenset(
    [
        *("a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i"),
        *("ins", "kbd", "mark", "nobr", "q", "rb", "rp", "rt", "ruby", "s", "samp", "small", "span", "strike"),
        *("strong", "sub", "sup", "time", "tt", "u", "var", "wbr"),
    ]
)
_UNSEEN = frozenset(["script", "style"])
_MAX_DEPTH = 40


def visible_text(tree: HtmlElement) -> str | None:
    """All text of a page, and what its JSON-LD and the descriptions in its head say.

    Words that meet at a tag without a space are there twice, joined and apart: which of them an extractor makes of it
    cannot be told.

    Args:
        tree: the page, as the extractor gets it; it is left as it is.

    Returns:
        None when it cannot be told what an extractor would make of the page.
    """
    if tree.xpath("boolean(//@data-preloaded)"):  # forums that keep their articles in an attribute
        return None
    pieces = list(_pieces(tree))
    embedded = list(_embedded(tree))
    text = "\n".join(["".join(pieces), *_doubtful_words(pieces), *_described(tree), *embedded])
    return None if "\ufffd" in text or is_garbled(text) else text


def _pieces(tree: HtmlElement) -> Iterator[str]:
    """The texts between tags in the order of the page, with a line break at each border."""
    for event, element in etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
        tag = element.tag
        if tag not in _INLINE and isinstance(tag, str):  # the tag of a comment is a function
            yield "\n"
        if event == "start" and element.text and tag not in _UNSEEN:
            yield element.text
        if event != "start" and element.tail:
            yield element.tail


def _doubtful_words(pieces: list[str]) -> Iterator[str]:
    """The words that meet at tags, joined where there is a border, apart where there is none."""
    before, border = "", False
    for piece in pieces:
        if piece == "\n":
            border = True
            continue
        if before[-1:].isalnum() and piece[0].isalnum():
            left, right = _last_word(before), _first_word(piece)
            yield left + right if border else f"{left}\n{right}"
        before, border = piece, False


def _last_word(piece: str) -> str:
    return piece[-200:].rsplit(maxsplit=1)[-1]


def _first_word(piece: str) -> str:
    return piece[:200].split(maxsplit=1)[0]


def _described(tree: HtmlElement) -> Iterator[str]:
    for meta in tree.iter("meta"):
        name = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").lower()
        if name.endswith(("title", "description")) and meta.get("content"):
            yield meta.get("content")


def _embedded(tree: HtmlElement) -> Iterator[str]:
    """Every text in JSON-LD, without its markup; what is no JSON is nothing to an extractor either."""
    for script in tree.iter("script"):
        if (script.get("type") or "").lower().strip() == "application/ld+json" and script.text:
            try:
                found = json.loads(script.text, strict=False)
            except (ValueError, RecursionError):
                continue
            yield from (_rendered(text) for text in _strings(found, _MAX_DEPTH))


def _rendered(text: str) -> str:
    text = html.unescape(text)
    return plain(text) if "<" in text else text


def _strings(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        if " " in value or not value.isascii():  # else it is an address, a type, a date
            yield value
    elif depth and isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item, depth - 1)
