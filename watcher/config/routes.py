"""``alerts.yml``: routes, and what is worth an alert on the watch itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from watcher.config.files import AlertsFile, HealthItem, RouteItem
from watcher.config.findings import Path_, did_you_mean, one_of
from watcher.config.sources import Scope
from watcher.config.validate import check_items, check_value
from watcher.cron import trigger_of
from watcher.model import HealthRules, Route, Schedule, Settings, TargetName, TopicId

_CRON = "write minute, hour, day, month and weekday, such as `0 7 * * mon-fri`"


def read_routes(
    scope: Scope, settings: Settings, sound: Sequence[TargetName], topics: Sequence[str] | None
) -> tuple[Route, ...]:
    """Every well-formed route.

    Args:
        sound: the well-formed targets.
        topics: ids of the topics that there are; None when topics.yml could not be read.
    """
    if "routes" not in scope.document.keys_at():
        return (Route(name="everything", targets=tuple(sound), health=True),) if sound else ()
    named = scope.document.keys_at("targets")
    routes: list[Route] = []
    used: set[str] = set()
    names: dict[str, Path_] = {}
    for path, item in check_items(scope.document, "routes", AlertsFile, RouteItem, scope.findings):
        used |= check_references(scope, (*path, "targets"), named, "target")
        if topics is not None:
            check_references(scope, (*path, "topics"), topics, "topic")
        if item is not None:
            _check_name(scope, path, item.name, names)
            schedule = _schedule(scope, path, item, settings)
            _check_health(scope, path, item)
            routes.append(_route(item, schedule))
    _warn_unused(scope, named, used)
    return tuple(routes)


def _route(item: RouteItem, schedule: Schedule | None) -> Route:
    conditions = (item.topics, item.languages, item.outlet_classes, item.facts, item.min_sources > 1)
    plain = item.mode == "instant" and not any(conditions)
    return Route(
        name=item.name,
        targets=tuple(TargetName(name) for name in item.targets),
        topics=tuple(TopicId(topic) for topic in item.topics),
        levels=item.levels,
        languages=item.languages,
        outlet_classes=item.outlet_classes,
        facts=item.facts,
        min_sources=item.min_sources,
        digest=schedule,
        health=plain if item.health is None else item.health,
    )


def _schedule(scope: Scope, path: Path_, item: RouteItem, settings: Settings) -> Schedule | None:
    findings, document = scope.findings, scope.document
    if item.mode == "instant":
        for key in ("cron", "time_zone"):
            if getattr(item, key) is not None:
                findings.error(document, (*path, key), f"`{key}` is for digests", "add `mode: digest`, or remove it")
        return None
    if item.cron is None:
        findings.error(document, (*path, "mode"), "a digest has no time", f"add `cron:`; {_CRON}")
        return None
    schedule = Schedule(item.cron, item.time_zone or settings.time_zone)
    try:
        trigger_of(schedule)
    except ValueError as error:
        findings.error(document, (*path, "cron"), f"`{item.cron}` is no schedule: {error}", _CRON)
    return schedule


def _check_health(scope: Scope, path: Path_, item: RouteItem) -> None:
    if item.health and item.mode == "digest":
        message = "alerts on the watch itself cannot wait for a digest, which shows the health of the feeds anyway"
        scope.findings.error(scope.document, (*path, "health"), message, "take them with an instant route")


def check_references(scope: Scope, path: Path_, known: Sequence[str], what: str) -> set[str]:
    """Reports names that stand for nothing, as they are written, and returns all names."""
    written = scope.document.data(path)
    names = [str(name) for name in written] if isinstance(written, list) else []
    for index, name in enumerate(names):
        if name not in known:
            message = f"there is no {what} `{name}`"
            scope.findings.error(scope.document, (*path, index), message, did_you_mean(name, known, one_of(known)))
    return set(names)


def _check_name(scope: Scope, path: Path_, name: str, names: dict[str, Path_]) -> None:
    if name in names:
        message = f"the route name `{name}` is taken, line {scope.document.line(names[name])}"
        scope.findings.error(scope.document, (*path, "name"), message, "give it another name")
    names.setdefault(name, path)


def _warn_unused(scope: Scope, named: Iterable[str], used: set[str]) -> None:
    fallbacks = {scope.document.data(("targets", name, "fallback")) for name in named}
    for name in dict.fromkeys(named):
        if name not in used and name not in fallbacks:
            message = f"no route uses the target `{name}`"
            scope.findings.warning(scope.document, ("targets", name), message, "name it in a route, or remove it")


def health_rules(scope: Scope) -> HealthRules:
    """What is worth an alert on the watch itself."""
    if "health" not in scope.document.keys_at():
        return HealthRules()
    item = check_value(scope.document, ("health",), HealthItem, scope.findings)
    return HealthRules() if item is None else HealthRules(**dict(item))


def warn_if_unheard(scope: Scope, routes: Sequence[Route]) -> None:
    """Somebody should hear of it when feeds fail."""
    if routes and not any(route.health for route in routes):
        message = "no route takes alerts on the watch itself: nobody is told when feeds fail"
        scope.findings.warning(scope.document, ("routes",), message, "add `health: true` to an instant route")
