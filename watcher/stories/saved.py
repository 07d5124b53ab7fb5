"""Open stories as plain values for JSON, and back. A sketch is made anew, so that it may change with its library."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from sys import intern
from typing import Any

from watcher.stories.copies import of_packed
from watcher.stories.news import Claim
from watcher.stories.report import Report, Weights
from watcher.stories.story import Origin, Story, StoryKey, by_time


def dump_report(report: Report) -> dict[str, Any]:
    """A report as plain values."""
    return {
        "key": report.key,
        "at": report.at.isoformat(),
        "found_at": report.found_at.isoformat(),
        "outlet": report.outlet,
        "family": report.family,
        "official": report.official,
        "language": report.language,
        "title": report.title,
        "level": report.level,
        "anchors": [list(anchor) for anchor in report.anchors],
        "words": [list(word) for word in report.words],
        "claims": _dump_claims(report.claims),
        "shingles": base64.b64encode(report.shingles.packed).decode("ascii"),
        "origin": report.origin,
        "source": report.source,
        "cites": report.cites,
        "quiet": report.quiet,
    }


def load_report(saved: Mapping[str, Any]) -> Report:
    """The report of :func:`dump_report`."""
    return Report(
        key=saved["key"],
        at=datetime.fromisoformat(saved["at"]),
        found_at=datetime.fromisoformat(saved["found_at"]),
        outlet=saved["outlet"],
        family=saved["family"],
        official=saved["official"],
        language=saved["language"],
        title=saved["title"],
        level=saved["level"],
        anchors=_load_weights(saved["anchors"]),
        words=_load_weights(saved["words"]),
        claims=_load_claims(saved["claims"]),
        shingles=of_packed(base64.b64decode(saved["shingles"])),
        origin=saved["origin"],
        source=saved["source"],
        cites=saved["cites"],
        quiet=saved.get("quiet", False),
    )


def dump_story(story: Story) -> dict[str, Any]:
    """A story as plain values, without its reports: those are saved once each."""
    return {
        "key": story.key,
        "title": story.title,
        "level": story.level,
        "opened_at": story.opened_at.isoformat(),
        "last_at": story.last_at.isoformat(),
        "origins": [[origin.family, origin.at.isoformat(), origin.name] for origin in story.origins],
        "official": sorted(story.official),
        "claims": _dump_claims(story.claims),
        "merged": list(story.merged),
    }


def load_story(saved: Mapping[str, Any], keys: Iterable[str], members: Sequence[Report]) -> Story:
    """The story of :func:`dump_story`.

    Args:
        saved: what was made of it.
        keys: of all its reports.
        members: the latest of them, in any order.
    """
    return Story(
        key=StoryKey(saved["key"]),
        title=saved["title"],
        level=saved["level"],
        opened_at=datetime.fromisoformat(saved["opened_at"]),
        last_at=datetime.fromisoformat(saved["last_at"]),
        keys=frozenset(keys),
        origins=tuple(Origin(family, datetime.fromisoformat(at), name) for family, at, name in saved["origins"]),
        official=frozenset(saved["official"]),
        claims=_load_claims(saved["claims"]),
        members=tuple(sorted(members, key=by_time)),
        merged=tuple(StoryKey(key) for key in saved["merged"]),
    )


def _dump_claims(claims: Sequence[Claim]) -> list[list[str]]:
    return [[claim.kind, claim.value, claim.unit, claim.speaker, claim.name] for claim in claims]


def _load_claims(saved: Sequence[Sequence[str]]) -> tuple[Claim, ...]:
    return tuple(Claim(*fields) for fields in saved)


def _load_weights(saved: Sequence[tuple[str, float]]) -> Weights:
    return tuple((intern(name), float(weight)) for name, weight in saved)
