"""Filing: hits go into stories, and what is new of a story is told. The store calls it in the transaction of the hits.

Everybody is told of a story once, and again when something material is new in it. Who was told is asked of the store,
for each target: a route may want two independent sources, and so know a story later than another one. What is told of
nobody has its reason in the ledger.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import NamedTuple

from watcher.alerting import planning, routing
from watcher.alerting.routing import Routed, Subject
from watcher.model import AlertKind, Event, StoryNow
from watcher.pipeline.desk import planned
from watcher.pipeline.watch import Watch
from watcher.store import AlertPlan, Before, Filed, Past, ReadRecord, Recall, Store
from watcher.stories import Board, Placed, Story, StoryKey, StorySettings

_MANY = 1_000
_LATE = Event("folded", "read again; its story was told, and is closed")


class Filing:
    """The open stories, kept between transactions. All calls come from the thread of the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._board: Board | None = None

    def record(self, watch: Watch, records: Sequence[ReadRecord], now: datetime) -> int:
        """T2 with stories: write what was read, and what is to be told of it.

        Returns:
            How many deliveries were queued.

        Raises:
            StoreError: nothing was written.
        """
        try:
            board = self._board = self._board_of(StorySettings.of(watch.settings))
            return self._store.record_reads(records, now, partial(file, watch, board, now))
        except BaseException:
            self._board = None  # it may know what was never written
            raise

    def _board_of(self, settings: StorySettings) -> Board:
        """The board as it was kept, or anew of what is stored: at first, after a failure, and with new settings."""
        if self._board is not None and self._board.settings == settings:
            return self._board
        open_stories, told = self._store.open_stories()
        return Board(open_stories, settings, told)


def file(
    watch: Watch, board: Board, now: datetime, hits: Sequence[ReadRecord], before: Before, recall: Recall
) -> Filed:
    """Put hits into stories, and plan what is told of them.

    Args:
        hits: records with a report.
        before: what is no hit any more, and what is in a story already.
        recall: what was told of a story.
    """
    every = {record.report.key: record for record in hits if record.report is not None}
    late = {key for key in every.keys() & before.told.keys() if not board.is_open(before.told[key], now)}
    reports = {key: record for key, record in every.items() if key not in late}
    fresh = [record.report for record in reports.values() if record.report is not None]
    placement = board.place(fresh, now, before.gone)
    stories = {story.key: story for story in placement.stories}
    groups: defaultdict[StoryKey, list[tuple[Placed, ReadRecord]]] = defaultdict(list)
    for placed in placement.placed:
        groups[placed.story].append((placed, reports[placed.report]))
    records = [replace(every[key], events=(_LATE,)) for key in sorted(late)]
    for key, group in groups.items():
        past = recall(stories[key], [record.outcome.job.article_id for _, record in group])
        records += _told(_Telling(watch, stories[key], past, now), group)
    return Filed(placement, tuple(records))


class _Telling(NamedTuple):
    """What tells of one story at one moment."""

    watch: Watch
    story: Story
    past: Past
    now: datetime


def _told(telling: _Telling, group: Sequence[tuple[Placed, ReadRecord]]) -> Iterator[ReadRecord]:
    """The records of hits that came into one story together, with their alerts: nobody gets two at once."""
    news = tuple(dict.fromkeys(each.text for placed, _ in group for each in placed.news))
    done: set[Routed] = set()
    for placed, record in group:
        why_not = _silenced(telling, record)
        routed = () if why_not else routing.route(telling.watch.routes, _subject(telling.story, record))
        due = [each for each in routed if each not in done]
        fresh = [each for each in due if each not in telling.past.told]
        known = [each for each in due if each in telling.past.told] if placed.news else []
        done.update(fresh, known)
        kinds: tuple[tuple[AlertKind, list[Routed]], ...] = (("new", fresh), ("update", known))
        # When nobody was told of the story, all that the report itself has is new, and stands in its headline.
        own = set() if telling.past.told else {each.text for each in placed.news}
        told = tuple(text for text in news if text not in own)
        alerts = tuple(_alert(telling, record, kind, told, whom) for kind, whom in kinds if whom)
        events = () if alerts else (why_not or _folded(telling, placed, record, routed),)
        yield replace(record, alerts=alerts, events=events)


def _subject(story: Story, record: ReadRecord) -> Subject:
    judgement = record.outcome.judgement
    assert judgement.level is not None
    return Subject(
        topics=[topic.topic for topic in judgement.fired],
        level=judgement.level,
        language=judgement.language,
        outlet_class=record.outcome.job.outlet_class,
        facts={fact.kind for fact in judgement.facts},
        sources=len(story.origins),
    )


def _silenced(telling: _Telling, record: ReadRecord) -> Event | None:
    """Why nobody is told, whatever it is."""
    if record.outcome.job.quiet_reason:
        return Event("not_alerted", record.outcome.job.quiet_reason)
    until = telling.past.muted_until
    if until is not None and until > telling.now:
        return Event("muted", f"its story is muted until {until:%Y-%m-%d %H:%M} UTC")
    return None


def _folded(telling: _Telling, placed: Placed, record: ReadRecord, routed: Sequence[Routed]) -> Event:
    """Why nobody is told of this one."""
    subject = _subject(telling.story, record)
    if not routed:
        if routing.route(telling.watch.routes, replace(subject, sources=_MANY)):
            return Event("not_alerted", f"too few independent sources so far: {subject.sources}")
        return Event("not_alerted", f"no route takes a {subject.level} of these topics")
    if not any(each in telling.past.told for each in routed) or placed.news:
        return Event("folded", "told together with another report of its story")
    what = f"a copy of {placed.copy_of}" if placed.copy_of else f"like it: {', '.join(placed.because) or 'read again'}"
    return Event("folded", f"nothing new in a story that was told; {what}", detail=f"score {placed.score:.2f}")


def _alert(
    telling: _Telling, record: ReadRecord, kind: AlertKind, news: tuple[str, ...], whom: Sequence[Routed]
) -> AlertPlan:
    watch, story, outcome = telling.watch, telling.story, record.outcome
    # The same report with the same news is the same alert, also when it is read again.
    key = planning.dedupe_key(kind, story.key, "\n".join((outcome.job.key, *(news if kind == "update" else ()))))
    content = planning.content_of(
        outcome,
        watch.outlet_of(outcome.job),
        alert_id=planning.alert_code(key),
        entity_name=watch.entity_name,
        kind=kind,
    )
    first = story.origins[0]
    content = replace(
        content,
        thread=f"story:{story.key}",
        story=StoryNow(
            reports=story.count,
            sources=tuple(origin.name for origin in story.origins),
            first_at=first.at,
            news=news,
            earlier=telling.past.earlier if kind == "update" else (),
        ),
    )
    deliveries = planned(watch, content, _subject(story, record), key, whom)
    return AlertPlan(
        kind, content.level, key, content.headline, deliveries, telling.now + watch.settings.expire_after, news
    )
