"""JSON Feed, which feedparser does not read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from watcher.feed.drafts import Draft, FeedError, Item, sound
from watcher.model import FailureKind


def json_feed(body: bytes) -> Draft:
    """A document of JSON Feed 1.0 or 1.1 (https://www.jsonfeed.org/version/1.1/), taken apart.

    Raises:
        FeedError: it is none.
    """
    try:
        data = json.loads(body.decode("utf-8-sig", "replace"))
    except RecursionError:
        raise FeedError(FailureKind.MALFORMED, "The JSON is nested too deeply.") from None
    except ValueError as error:
        raise FeedError(_broken_json(body), f"The JSON is broken: {error}.") from None
    version = data.get("version") if isinstance(data, dict) else None
    if not isinstance(version, str) or "jsonfeed.org/version/" not in version:
        raise FeedError(FailureKind.NOT_A_FEED, "The answer is JSON, but no JSON Feed.")
    items = data.get("items")
    if not isinstance(items, list):
        raise FeedError(FailureKind.MALFORMED, "The JSON Feed has no list of items.")
    return Draft(
        format="json" + version.rpartition("/")[2].replace(".", ""),
        title=_string(data, "title"),
        language=_string(data, "language"),
        items=tuple(_json_reader(item) for item in items),
    )


def _broken_json(body: bytes) -> FailureKind:
    return FailureKind.MALFORMED if body.rstrip().endswith((b"}", b"]")) else FailureKind.TRUNCATED


def _string(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return sound(value) if isinstance(value, str) else ""


def _json_id(data: Mapping[str, Any]) -> str:
    """An id should be a string, but numbers are common enough."""
    value = data.get("id")
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else _string(data, "id")


def _json_reader(item: object) -> Callable[[], Item]:
    def read() -> Item:
        if not isinstance(item, dict):
            raise TypeError("not an object")
        html, text = _string(item, "content_html"), _string(item, "content_text")
        return Item(
            guid=_json_id(item),
            links=(_string(item, "url"), _string(item, "external_url")),
            title=_escaped(_string(item, "title")),
            summary=_escaped(_string(item, "summary")),
            bodies=(html or _escaped(text).replace("\n", "<br>"),),
            dates=(
                ("published", _string(item, "date_published"), None),
                ("updated", _string(item, "date_modified"), None),
            ),
            author=", ".join(_json_authors(item)),
        )

    return read


def _escaped(text: str) -> str:
    """Plain text as markup: JSON Feed's titles and summaries are text, where ``<`` is a character."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _json_authors(item: Mapping[str, Any]) -> Iterator[str]:
    authors = item.get("authors")
    for author in authors[:5] if isinstance(authors, list) else [item.get("author")]:
        if isinstance(author, dict) and (name := _string(author, "name")):
            yield name
