"""What a running watch works by, as one value; and what follows from it for one alert."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from watcher.alerting import planning
from watcher.alerting.routing import quiet_until
from watcher.model import (
    EntityId,
    Feed,
    FeedId,
    HealthRules,
    Outlet,
    OutletId,
    ReadJob,
    Route,
    Settings,
    Target,
    TargetName,
)
from watcher.render.alert import Renderer
from watcher.render.papers import Papers
from watcher.stories import Glossary


@dataclass(frozen=True)
class Watch:
    """What the pipeline works by; replaced as a whole on reload.

    Attributes:
        canary: a text that matches, for the made-up article that tries the whole path; empty sends none.
    """

    settings: Settings
    outlets: Mapping[OutletId, Outlet]
    feeds: Mapping[FeedId, Feed]
    targets: Mapping[TargetName, Target]
    routes: tuple[Route, ...]
    topics: int
    entity_names: Mapping[EntityId, str]
    renderer: Renderer
    health: HealthRules = field(default_factory=HealthRules)
    canary: str = ""
    glossary: Glossary = field(default_factory=Glossary)
    papers: Papers = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "papers", Papers(self.renderer))

    def entity_name(self, entity: EntityId) -> str:
        """The canonical name of an entity; its id when the rules do not know it."""
        return self.entity_names.get(entity, entity)

    def outlet_of(self, job: ReadJob) -> Outlet:
        """The outlet of an article; what is remembered of it when it is no longer in the configuration."""
        gone = Outlet(job.outlet_id, job.outlet_name or job.outlet_id, "", "", job.language, job.outlet_class)
        return self.outlets.get(job.outlet_id, gone)

    def same_bot(self, name: TargetName) -> tuple[TargetName, ...]:
        """All targets that share the credentials of one, itself included; none when it is not known."""
        if name not in self.targets:
            return ()
        mine = planning.credentials_of(self.targets[name])
        return tuple(other for other, target in self.targets.items() if planning.credentials_of(target) == mine)

    def quiet(self, now: datetime) -> dict[TargetName, datetime]:
        """The targets that have quiet hours now, and when these are over."""
        found = ((name, quiet_until(target.quiet, now)) for name, target in self.targets.items())
        return {name: until for name, until in found if until is not None}
