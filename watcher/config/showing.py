"""The configuration as it is in force, in the words of its files, for people and programs; secrets are hidden."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import fields
from datetime import timedelta
from typing import Any

from watcher.config.load import Config
from watcher.config.values import format_duration
from watcher.model import Feed, Outlet, QuietHours, Route, Target

HIDDEN = "[secret]"


def as_shown(config: Config, *, feeds: bool = False) -> dict[str, Any]:
    """Settings, targets, routes, rules of health, how much else there is; with outlets and feeds when asked for."""
    settings = {each.name: getattr(config.settings, each.name) for each in fields(config.settings)}
    if settings["heartbeat_url"]:
        settings["heartbeat_url"] = HIDDEN
    shown: dict[str, Any] = {
        "settings": settings,
        "targets": {target.name: _target(target) for target in config.targets},
        "routes": [_route(route) for route in config.routes],
        "health": {each.name: getattr(config.health, each.name) for each in fields(config.health)},
        "counts": {
            "outlets": len(config.outlets), "feeds": len(config.feeds), "entities": len(config.watch.entities),
            "terms": len(config.watch.terms), "topics": len(config.watch.topics),
        },
        "topics": [topic.id for topic in config.watch.topics],
    }  # fmt: skip
    if feeds:
        shown["outlets"] = _outlets(config)
    return {key: _plain(value, config.secrets) for key, value in shown.items()}


def _target(target: Target) -> dict[str, Any]:
    """Nothing of the URL but its scheme: in many of Apprise's the token stands where the host of others is."""
    schema = target.url.partition("://")[0]
    shown: dict[str, Any] = {"channel": target.channel, "format": target.format, "url": f"{schema}://{HIDDEN}"}
    if target.api_base:
        shown["api_base"] = target.api_base
    shown |= {"on_unknown": target.on_unknown, "collapse_after": target.collapse_after}
    if target.fallback:
        shown["fallback"] = target.fallback
    return {**shown, **({"quiet": _quiet(target.quiet)} if target.quiet else {})}


def _quiet(quiet: QuietHours) -> dict[str, Any]:
    urgent = {"levels": quiet.levels, "topics": quiet.topics}
    hours = {"from": f"{quiet.start:%H:%M}", "to": f"{quiet.end:%H:%M}", "time_zone": quiet.zone}
    return {**hours, "urgent": {name: values for name, values in urgent.items() if values}}


def _route(route: Route) -> dict[str, Any]:
    shown = {each.name: getattr(route, each.name) for each in fields(route) if each.name != "digest"}
    when = {"mode": "digest", "cron": route.digest.cron, "time_zone": route.digest.zone} if route.digest else {}
    told = {name: value for name, value in shown.items() if value not in ((), "", None)}
    if route.min_sources == 1:
        told.pop("min_sources")
    return {**told, **when}


def _outlets(config: Config) -> dict[str, Any]:
    by_outlet = defaultdict[str, list[Feed]](list)
    for feed in config.feeds:
        by_outlet[feed.outlet_id].append(feed)
    return {outlet.id: _outlet(outlet, by_outlet[outlet.id]) for outlet in config.outlets}


def _outlet(outlet: Outlet, feeds: list[Feed]) -> dict[str, Any]:
    names = {"name": outlet.name, "family": outlet.family, "country": outlet.country, "language": outlet.language}
    return {**names, "class": outlet.kind, "feeds": [_feed(feed) for feed in feeds]}


def _feed(feed: Feed) -> dict[str, Any]:
    shown = {each.name: getattr(feed, each.name) for each in fields(feed) if each.name != "outlet_id"}
    shown["headers"] = {name: HIDDEN for name, _ in feed.headers}
    return {name: value for name, value in shown.items() if value not in ((), "", None, False, {})}


def _plain(value: object, secrets: tuple[str, ...]) -> object:
    """Only what YAML and JSON know, and no secret wherever it stands."""
    if isinstance(value, dict):
        return {str(key): _plain(item, secrets) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, secrets) for item in value]
    if isinstance(value, timedelta):
        return format_duration(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    for secret in secrets:  # the longest first, so that no part of one remains
        text = text.replace(secret, HIDDEN)
    return text
