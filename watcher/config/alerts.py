"""``alerts.yml``: targets. Routes are read in :mod:`watcher.config.routes`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from watcher.config.files import (
    AlertsFile,
    AnyTarget,
    AppriseItem,
    ConsoleItem,
    EmailItem,
    QuietItem,
    TargetItem,
    TelegramItem,
)
from watcher.config.findings import Path_, did_you_mean, one_of
from watcher.config.routes import check_references, health_rules, read_routes, warn_if_unheard
from watcher.config.sources import Scope
from watcher.config.targets import CONSOLE_URL, Mailbox, apprise_url, email_url, telegram_url
from watcher.config.validate import check_items, check_top
from watcher.config.values import check_bot_token, check_chat, check_email, check_host, check_http_url
from watcher.model import COLLAPSE_AFTER, HealthRules, QuietHours, Route, Settings, Target, TargetName, TopicId

CONSOLE = Target(TargetName("console"), url=CONSOLE_URL, format="text", channel="console", collapse_after=0)


@dataclass(frozen=True, slots=True)
class Alerts:
    """All that ``alerts.yml`` says."""

    targets: tuple[Target, ...]
    routes: tuple[Route, ...]
    health: HealthRules


def default_alerts() -> Alerts:
    """Everything to the console: for a first run without any account."""
    everything = Route(name="everything", targets=(CONSOLE.name,), health=True)
    return Alerts((CONSOLE,), (everything,), HealthRules())


def read_alerts(scope: Scope, settings: Settings, topics: Sequence[str] | None) -> Alerts:
    """Every well-formed target and route, and the rest.

    Args:
        topics: ids of the topics that there are; None when topics.yml could not be read.
    """
    if not check_top(scope.document, AlertsFile, scope.findings):
        return Alerts((), (), HealthRules())
    targets = _targets(scope, settings, topics)
    _check_fallbacks(scope, targets)
    routes = read_routes(scope, settings, tuple(targets), topics)
    health = health_rules(scope)
    warn_if_unheard(scope, routes)
    return Alerts(tuple(targets.values()), routes, health)


# --- targets ------------------------------------------------------------------------------------------------------


def _targets(scope: Scope, settings: Settings, topics: Sequence[str] | None) -> dict[TargetName, Target]:
    targets: dict[TargetName, Target] = {}
    recipients: dict[tuple[str, ...], Path_] = {}
    for path, item in check_items(scope.document, "targets", AlertsFile, TargetItem, scope.findings):
        target = _target(scope, path, item.root, settings) if item else None
        if item and target:
            targets[target.name] = _with_manners(scope, path, target, item.root, settings)
            _warn_if_same(scope, path, _recipient(target, item.root), recipients)
            if topics is not None:
                check_references(scope, (*path, "quiet", "urgent", "topics"), topics, "topic")
    return targets


def _with_manners(scope: Scope, path: Path_, target: Target, item: AnyTarget, settings: Settings) -> Target:
    """The target with what all targets may have: when it is left alone, and what becomes of a flood."""
    collapse = item.collapse_after
    if collapse is None:
        collapse = 0 if target.channel == "console" else COLLAPSE_AFTER
    return replace(
        target,
        quiet=_quiet(scope, (*path, "quiet"), item.quiet, settings),
        collapse_after=collapse,
        fallback=TargetName(item.fallback) if item.fallback else None,
    )


def _quiet(scope: Scope, path: Path_, item: QuietItem | None, settings: Settings) -> QuietHours | None:
    if item is None:
        return None
    if item.start == item.end:
        message = f"quiet hours from {item.start:%H:%M} to {item.end:%H:%M} would never end, or never begin"
        scope.findings.error(scope.document, (*path, "to"), message, "write another time, or remove `quiet:`")
        return None
    return QuietHours(
        start=item.start,
        end=item.end,
        zone=item.time_zone or settings.time_zone,
        levels=item.urgent.levels if item.urgent else (),
        topics=tuple(TopicId(topic) for topic in item.urgent.topics) if item.urgent else (),
    )


def _check_fallbacks(scope: Scope, targets: dict[TargetName, Target]) -> None:
    """Each must be there, also of targets with other mistakes; no chain may come back to where it began."""
    named = scope.document.keys_at("targets")
    for name in named:
        path: Path_ = ("targets", name, "fallback")
        fallback, target = scope.document.data(path), targets.get(TargetName(name))
        if isinstance(fallback, str) and fallback not in named:
            message = f"there is no target `{fallback}`"
            scope.findings.error(scope.document, path, message, did_you_mean(fallback, named, one_of(named)))
        elif target is not None and target.name in _chain(targets, target):
            message = "a target cannot stand in for itself, nor for one that stands in for it"
            scope.findings.error(scope.document, path, message, "name another target")


def _chain(targets: dict[TargetName, Target], target: Target) -> tuple[TargetName, ...]:
    found: list[TargetName] = []
    step: Target | None = target
    while step is not None and step.fallback is not None and step.fallback not in found:
        found.append(step.fallback)
        step = targets.get(step.fallback)
    return tuple(found)


def _target(scope: Scope, path: Path_, item: AnyTarget, settings: Settings) -> Target | None:
    name = TargetName(str(path[-1]))
    match item:
        case ConsoleItem():
            return Target(name, CONSOLE_URL, "text", "console", item.on_unknown)
        case TelegramItem():
            return _telegram(scope, path, item, settings)
        case EmailItem():
            return _email(scope, path, item)
        case AppriseItem():
            return _apprise(scope, path, item)


def _telegram(scope: Scope, path: Path_, item: TelegramItem, settings: Settings) -> Target | None:
    token_path = (*path, "token")
    token = _credential(scope, token_path, item.token)
    token = scope.checked(token_path, token, check_bot_token)
    chat = _public(scope, (*path, "chat"), item.chat)
    chat = scope.checked((*path, "chat"), chat.strip() if chat else None, check_chat)
    base = settings.telegram_api_base
    if item.api_base is not None:
        base = (scope.checked((*path, "api_base"), item.api_base, check_http_url) or "").rstrip("/")
    if token is None or chat is None:
        return None
    scope.secrets.hide(token.partition(":")[2])
    url = telegram_url(token, chat, topic=item.topic, silent=item.silent)
    return Target(TargetName(str(path[-1])), url, "telegram", "telegram", item.on_unknown, base)


def _email(scope: Scope, path: Path_, item: EmailItem) -> Target | None:
    _check_login(scope, path, item)
    server = scope.checked((*path, "server"), _public(scope, (*path, "server"), item.server), check_host)
    sender = scope.checked((*path, "from"), _public(scope, (*path, "from"), item.sender), check_email)
    to = scope.checked((*path, "to"), _public(scope, (*path, "to"), item.to), check_email)
    user = _public(scope, (*path, "user"), item.user) if item.user else ""
    password = _credential(scope, (*path, "password"), item.password) if item.password else ""
    if server is None or sender is None or to is None or user is None or password is None:
        return None
    url = email_url(Mailbox(server, item.port, item.security, user, password, sender, to))
    return Target(TargetName(str(path[-1])), url, "html", "email", item.on_unknown)


def _check_login(scope: Scope, path: Path_, item: EmailItem) -> None:
    if bool(item.user) != bool(item.password):
        given, absent = ("user", "password") if item.user else ("password", "user")
        message = f"`{given}` is given without `{absent}`"
        scope.findings.error(scope.document, (*path, given), message, f"add `{absent}:`, or remove `{given}`")
    elif item.password and item.security == "none":
        message = "the password would travel unprotected"
        scope.findings.warning(scope.document, (*path, "security"), message, "use `starttls` or `tls`")


def _apprise(scope: Scope, path: Path_, item: AppriseItem) -> Target | None:
    url_path = (*path, "url")
    resolved = scope.secrets.secret(scope.document, url_path, item.url)
    if resolved is None:
        return None
    schema, found, rest = resolved.text.partition("://")
    if not found or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", schema) or re.search(r"\s", rest):
        message = "not a URL of Apprise"
        scope.findings.error(scope.document, url_path, message, "write schema://…, as Apprise documents the service")
        return None
    if resolved.literal and _may_hold_secret(resolved.text):
        message = "the URL seems to hold a secret, for all who can read this file"
        scope.findings.warning(scope.document, url_path, message, "move it to the environment: url: ${NAME}")
    scope.secrets.hide_url(resolved.text)
    url = apprise_url(resolved.text)
    return Target(TargetName(str(path[-1])), url, item.format, schema.lower(), item.on_unknown)


def _may_hold_secret(url: str) -> bool:
    parts = urlsplit(url)
    pieces = re.split(r"[/?&=:@]", f"{parts.netloc}{parts.path}?{parts.query}")
    tokens = [piece for piece in pieces if re.fullmatch(r"[A-Za-z0-9_-]{12,}", piece)]
    return "@" in parts.netloc or any(re.search(r"\d", token) for token in tokens)


def _credential(scope: Scope, path: Path_, raw: str) -> str | None:
    resolved = scope.secrets.secret(scope.document, path, raw)
    if resolved and resolved.literal:
        message = "a secret is written here, for all who can read this file"
        remedy = f"move it to the environment or a file: {path[-1]}: ${{NAME}} or file:PATH"
        scope.findings.warning(scope.document, path, message, remedy)
    return resolved.text if resolved else None


def _public(scope: Scope, path: Path_, raw: str) -> str | None:
    return scope.secrets.public(scope.document, path, raw)


def _recipient(target: Target, item: AnyTarget) -> tuple[str, ...]:
    """What is equal for two targets that reach the same person."""
    if isinstance(item, TelegramItem):
        return ("telegram", urlsplit(target.url).path.lower(), str(item.topic or ""))
    if isinstance(item, EmailItem):
        return ("email", target.url.partition("&to=")[2].partition("&")[0].lower())
    return (target.channel, target.url)


def _warn_if_same(scope: Scope, path: Path_, key: tuple[str, ...], seen: dict[tuple[str, ...], Path_]) -> None:
    if key in seen:
        other = seen[key]
        message = f"the same recipient as target `{other[-1]}`, line {scope.document.line(other)}"
        scope.findings.warning(scope.document, path, message, "remove one: whoever is in both gets each alert twice")
    seen.setdefault(key, path)
