"""``watcher.yml`` and ``feeds.yml``: settings, outlets, feeds."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from pydantic_core import PydanticCustomError

from watcher.config.files import FeedItem, FeedsFile, OutletItem, WatcherFile
from watcher.config.findings import Findings, Path_, dotted
from watcher.config.nodes import Document, Listing
from watcher.config.secrets import Resolved, Secrets, masked_url, refers, written_credentials
from watcher.config.validate import check_items, check_top, check_value
from watcher.config.values import check_http_url, format_duration
from watcher.model import Feed, FeedId, Outlet, OutletId, Settings

# Set by Watcher for each request; a feed must not fake them.
_OWN_HEADERS = {
    "accept-encoding", "connection", "content-length", "host", "if-modified-since", "if-none-match",
    "transfer-encoding",
}  # fmt: skip
_PRIVATE_SUFFIXES = (".local", ".lan", ".internal", ".localhost", ".home.arpa")


@dataclass(frozen=True, slots=True)
class Scope:
    """What every reader of a file needs: the file, where problems go, and the secrets."""

    document: Document
    findings: Findings
    secrets: Secrets

    def checked(self, path: Path_, text: str | None, check: Callable[[str], str]) -> str | None:
        """``text`` when it passes the check; None, and a problem, when not."""
        if text is None:
            return None
        try:
            return check(text)
        except PydanticCustomError as error:
            context = error.context or {}
            self.findings.error(self.document, path, str(context["message"]), str(context["remedy"]))
            return None


# --- settings -----------------------------------------------------------------------------------------------------


def read_settings(scope: Scope) -> Settings:
    """The settings; an option with an error keeps its default, so that the others can be checked."""
    document, findings = scope.document, scope.findings
    if not check_top(document, WatcherFile, findings):
        return Settings()
    values: dict[str, Any] = {}
    for key in dict.fromkeys(document.keys_at()):
        if key in WatcherFile.model_fields:
            values |= _option(document, key, findings)
    values.pop("format", None)
    settings = _with_urls(scope, Settings(**values))
    _check_intervals(scope, settings)
    return settings


def _option(document: Document, key: str, findings: Findings) -> dict[str, Any]:
    """One option on its own, so that a mistake in it does not hide those in others."""
    parsed = check_value(document.only(key), (), WatcherFile, findings)
    return {} if parsed is None else {key: getattr(parsed, key)}


def _with_urls(scope: Scope, settings: Settings) -> Settings:
    path: Path_ = ("telegram_api_base",)
    base = scope.checked(path, settings.telegram_api_base, check_http_url)
    settings = replace(settings, telegram_api_base=(base or "").rstrip("/"))
    if settings.contact:
        scope.checked(("contact",), settings.contact, _check_contact)
    if not settings.heartbeat_url:
        return settings
    path = ("heartbeat_url",)
    resolved = scope.secrets.secret(scope.document, path, settings.heartbeat_url)
    url = scope.checked(path, resolved.text if resolved else None, check_http_url) or ""
    scope.secrets.hide_url(url)
    return replace(settings, heartbeat_url=url)


def _check_contact(text: str) -> str:
    # It goes into the User-Agent: one line, visible ASCII, no brackets that would end the comment.
    if not re.fullmatch(r"(https?://|mailto:)?[!#-'*-;=?-\[\]-~]{3,200}", text):
        raise PydanticCustomError(
            "watcher",
            "{message}",
            {"message": f"`{text}` is no URL and no e-mail address", "remedy": "write https://… or name@example.org"},
        )
    return text


def _check_intervals(scope: Scope, settings: Settings) -> None:
    least, most, usual = settings.min_interval, settings.max_interval, settings.interval
    if least > most:
        message = f"min_interval ({format_duration(least)}) is longer than max_interval ({format_duration(most)})"
        scope.findings.error(scope.document, ("min_interval",), message, "make it shorter")
    _check_interval(scope, ("interval",), usual, settings)


def _check_interval(scope: Scope, path: Path_, interval: timedelta, settings: Settings) -> None:
    least, most = settings.min_interval, settings.max_interval
    shown = format_duration(interval)
    if least > most:
        return  # told for the settings; nothing could fit
    if interval < least:
        message = f"{shown} is shorter than min_interval ({format_duration(least)})"
        remedy = f"write {format_duration(least)} or more, or lower min_interval in watcher.yml"
        scope.findings.error(scope.document, path, message, remedy)
    elif interval > most:
        message = f"{shown} is longer than max_interval ({format_duration(most)})"
        remedy = f"write {format_duration(most)} or less, or raise max_interval in watcher.yml"
        scope.findings.error(scope.document, path, message, remedy)


# --- outlets and feeds --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlacedFeed:
    """A feed and where it is written."""

    feed: Feed
    path: Path_


def read_feeds(scope: Scope, settings: Settings) -> tuple[tuple[Outlet, ...], tuple[Feed, ...]]:
    """Every well-formed outlet and feed."""
    if not check_top(scope.document, FeedsFile, scope.findings):
        return (), ()
    outlets: list[Outlet] = []
    placed: list[PlacedFeed] = []
    for path, item in check_items(scope.document, "outlets", FeedsFile, OutletItem, scope.findings):
        outlet_id = OutletId(str(path[-1]))
        if item is not None:
            outlets.append(_outlet(outlet_id, item))
        feeds = _sound_feeds(scope, path) if item is None else enumerate(item.feeds)
        for index, feed_item in feeds:
            feed_path = (*path, "feeds", index)
            placed += _placed(scope, feed_path, _feed_id(outlet_id, index, feed_item), feed_item, settings)
    _report_taken_ids(scope, placed)
    _report_twin_urls(scope, placed)
    return tuple(outlets), tuple(each.feed for each in placed)


def _outlet(outlet_id: OutletId, item: OutletItem) -> Outlet:
    return Outlet(outlet_id, item.name, item.family or outlet_id, item.country, item.language, item.kind)


def _sound_feeds(scope: Scope, outlet_path: Path_) -> Iterator[tuple[int, FeedItem]]:
    """The well-formed feeds of an outlet that is not, for further checks; its problems are told already."""
    node = scope.document.node((*outlet_path, "feeds"))
    for index in range(len(node.items)) if isinstance(node, Listing) else ():
        item = check_value(scope.document, (*outlet_path, "feeds", index), FeedItem, Findings())
        if item is not None:
            yield index, item


def _feed_id(outlet_id: OutletId, index: int, item: FeedItem) -> tuple[FeedId, OutletId]:
    derived = outlet_id if index == 0 else f"{outlet_id}-{index + 1}"
    return FeedId(item.id or derived), outlet_id


def _placed(
    scope: Scope, path: Path_, ids: tuple[FeedId, OutletId], item: FeedItem, settings: Settings
) -> Iterator[PlacedFeed]:
    if item.interval is not None:
        _check_interval(scope, (*path, "interval"), item.interval, settings)
    feed = _feed(scope, path, ids, item)
    if feed is not None:
        _warn_if_private(scope, path, feed, settings)
        yield PlacedFeed(feed, path)


def _feed(scope: Scope, path: Path_, ids: tuple[FeedId, OutletId], item: FeedItem) -> Feed | None:
    url, shown = _url(scope, (*path, "url"), item.url)
    headers = _headers(scope, (*path, "headers"), item.headers)
    if url is None:
        return None
    return Feed(
        id=ids[0],
        outlet_id=ids[1],
        url=url,
        interval=item.interval,
        full_text=item.full_text,
        headers=headers,
        allow_private=item.allow_private,
        tags=item.tags,
        language=item.language or "",
        identity=item.identity,
        shown_url=shown,
    )


def _url(scope: Scope, path: Path_, raw: str) -> tuple[str | None, str]:
    """The address of a feed, and how it is shown when it holds a secret."""
    resolved = scope.secrets.secret(scope.document, path, raw) if refers(raw) else Resolved(raw, literal=True)
    url = scope.checked(path, resolved.text if resolved else None, check_http_url)
    if url is None or resolved is None:
        return None, ""
    shown = masked_url(raw)
    if not resolved.literal:
        scope.secrets.hide_url(url)
    if shown != raw:
        for credential in written_credentials(raw):
            scope.secrets.hide(credential)
        message = "a secret is written in the URL, for all who can read this file"
        remedy = "move it to the environment, as ${NAME} in the URL, or send it in `headers`"
        scope.findings.warning(scope.document, path, message, remedy)
    return url, "" if shown == url else shown


def _headers(scope: Scope, path: Path_, raw: dict[str, str]) -> tuple[tuple[str, str], ...]:
    headers = []
    for name, value in raw.items():
        own = (*path, name)
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
            scope.findings.error(scope.document, own, f"`{name}` is no header name", "use letters, digits and dashes")
        elif name.lower() in _OWN_HEADERS:
            scope.findings.error(scope.document, own, f"Watcher itself sets `{name}`", "remove this header")
        text = _header_value(scope, own, name, value)
        if text is not None:
            headers.append((name, text))
    return tuple(headers)


def _header_value(scope: Scope, path: Path_, name: str, raw: str) -> str | None:
    sensitive = bool(re.search("auth|cookie|key|token|secret", name, re.IGNORECASE))
    if refers(raw) or sensitive:
        resolved = scope.secrets.secret(scope.document, path, raw)
        if resolved and resolved.literal:
            message = "a secret is written here, for all who can read this file"
            scope.findings.warning(scope.document, path, message, f"move it to the environment: {name}: ${{NAME}}")
        text = resolved.text if resolved else None
    else:
        text = raw
    if text is not None and re.search(r"[\x00-\x08\x0a-\x1f\x7f]", text):
        scope.findings.error(scope.document, path, "holds control characters", "write it on one line")
    return text


def _report_taken_ids(scope: Scope, placed: Sequence[PlacedFeed]) -> None:
    first: dict[FeedId, Path_] = {}
    for each in placed:
        if each.feed.id in first:
            other = first[each.feed.id]
            message = f"the feed id `{each.feed.id}` is taken by {dotted(other)}, line {scope.document.line(other)}"
            scope.findings.error(scope.document, each.path, message, "give one of them an `id:` of its own")
        first.setdefault(each.feed.id, each.path)


def _report_twin_urls(scope: Scope, placed: Sequence[PlacedFeed]) -> None:
    first: dict[str, Path_] = {}
    for each in placed:
        key = _same(each.feed.url)
        if key in first:
            other = first[key]
            message = f"the same feed as {dotted(other)}, line {scope.document.line(other)}"
            scope.findings.error(scope.document, (*each.path, "url"), message, "remove one of them")
        first.setdefault(key, each.path)


def _same(url: str) -> str:
    """A key that is equal for two spellings of one address."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    port = "" if parts.port in {None, 80, 443} else f":{parts.port}"
    return f"{host}{port}{parts.path.rstrip('/')}?{parts.query}"


def _warn_if_private(scope: Scope, path: Path_, feed: Feed, settings: Settings) -> None:
    host = (urlsplit(feed.url).hostname or "").rstrip(".")
    if not _looks_private(host) or _allowed(host, (*feed.allow_private, *settings.allow_private)):
        return
    message = f"{host} is on a private network, from which nothing is fetched"
    remedy = f"add `allow_private: [{_block(host)}]` to the feed"
    scope.findings.warning(scope.document, (*path, "url"), message, remedy)


def _looks_private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(_PRIVATE_SUFFIXES)


def _allowed(host: str, allow: Sequence[str]) -> bool:
    if host in allow:
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        # Only resolving the name could tell whether a block holds it.
        return any("/" in block for block in allow)
    return any(address in ipaddress.ip_network(block) for block in allow if "/" in block)


def _block(host: str) -> str:
    try:
        return str(ipaddress.ip_network(host))
    except ValueError:
        return host
