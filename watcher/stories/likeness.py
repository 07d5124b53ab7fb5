"""How like reports and stories are: anchors weighted by rarity, and the words of texts of one language.

What many open stories have tells them apart badly. So an anchor weighs ``-log`` of the share of open stories that have
it, with a prior by its kind that counts as much as ``_PRIOR_STORIES`` stories: with few stories open the prior speaks,
with many the news themselves do.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import fsum, log, sqrt
from typing import Final, Literal, NamedTuple

from watcher.stories.report import Report, Weights

_PRIOR_STORIES: Final = 10
_SHARE: Final = {
    "person": 0.15, "given": 0.15, "body": 0.1, "place": 0.1, "outlet": 0.1, "document": 0.1, "event": 0.05,
    "plan": 0.15, "number": 0.02, "date": 0.03, "topic": 0.25, "term": 0.25, "word": 0.03,
}  # fmt: skip
"""The share of stories that is expected to have an anchor of a kind."""

_SHARE_COMMON: Final = 0.6
_ABOUT: Final = frozenset({"term", "topic"})
_NO_EVENT: Final = frozenset({"person", "body", "given", "word"}) | _ABOUT
_TELLING: Final = 1.0
"""An anchor tells something of the event when it weighs so much: when fewer than 37 % of the stories have it."""
_COMPARED: Final = 12
_LITTLE: Final = 5.0
"""A report that says less than this (the sum of its squared weights) is like others by that much less."""

Vector = Mapping[str, float]
Evidence = Literal["event", "subject", "nothing"]


@dataclass(frozen=True, slots=True)
class Profile:
    """What reports have in common: the mean of their unit vectors.

    Attributes:
        anchors: by anchor.
        words: by language, then word.
    """

    anchors: Vector
    words: Mapping[str, Vector]


class Counts(NamedTuple):
    """How many there are of something that have a name, and how many in all."""

    having: Mapping[str, int]
    total: int


class _Weights(dict[str, float]):
    """Weights by anchor or word, each worked out when it is first asked for."""

    def __init__(self, counts: Counts, common: frozenset[str]) -> None:
        self._frequency, self._all = counts
        self._common = common

    def __missing__(self, name: str) -> float:
        kind, _, value = name.partition(":")
        expected = _SHARE_COMMON if value in self._common else _SHARE[kind]
        seen = self._frequency.get(name, 0)
        weight = -log(min(1.0, (seen + _PRIOR_STORIES * expected) / (self._all + _PRIOR_STORIES)))
        self[name] = weight
        return weight


class Scale:
    """Weights as the open stories make them at one moment."""

    def __init__(self, in_stories: Counts, in_reports: Counts, common: frozenset[str]) -> None:
        """Take over the counts.

        Args:
            in_stories: how many stories have an anchor or a word.
            in_reports: how many reports have a term or a topic. A watch on one subject may have one story at a time,
                and what every report is about must not tie them all to it.
            common: entities that are everywhere.
        """
        self.weights: Mapping[str, float] = _Weights(in_stories, common)
        self._subjects: Mapping[str, float] = _Weights(in_reports, common)

    def telling(self, reports: Iterable[Report]) -> frozenset[str]:
        """The anchors and words that tell a report from most others."""
        weights = self.weights
        return frozenset(
            name for name in names_of(reports) if weights[name] >= _TELLING and self._subjects[name] >= _TELLING
        )

    def profile(self, reports: Sequence[Report]) -> Profile:
        """Of the latest of these reports, which are in the order of time."""
        latest = reports[-_COMPARED:]
        spoken: defaultdict[str, list[Weights]] = defaultdict(list)
        for report in latest:
            spoken[report.language].append(report.words)
        return Profile(
            _mean([self._anchors(report.anchors) for report in latest]),
            {language: _mean(map(self._unit, words)) for language, words in spoken.items()},
        )

    def _unit(self, vector: Weights) -> Vector:
        scaled = {name: value * self.weights[name] for name, value in vector}
        return _scaled(scaled, sqrt(_square(scaled)))

    def _anchors(self, vector: Weights) -> Vector:
        """A unit vector; a shorter one when a report says little but what all reports are about."""
        telling = {name: value * min(self.weights[name], self._subjects[name]) for name, value in vector}
        return self._unit(vector) if _square(telling) >= _LITTLE else _scaled(telling, sqrt(_LITTLE))


def _square(vector: Vector) -> float:
    return sum([value * value for value in vector.values()])


def _scaled(vector: Vector, size: float) -> Vector:
    return {name: value / size for name, value in vector.items()} if size else {}


def _mean(vectors: Iterable[Vector]) -> Vector:
    added: defaultdict[str, float] = defaultdict(float)
    count = 0
    for vector in vectors:
        count += 1
        for name, value in vector.items():
            added[name] += value
    return {name: value / count for name, value in added.items()}


def likeness(one: Profile, other: Profile, text: float) -> float:
    """The mean similarity of the reports of two profiles: of their anchors, plus ``text`` times that of their words."""
    languages = [language for language in one.words if language in other.words]
    words = sum(dot(one.words[language], other.words[language]) for language in languages)
    return dot(one.anchors, other.anchors) + (text * words / len(languages) if languages else 0.0)


def dot(one: Vector, other: Vector) -> float:
    """The scalar product, rounded once: it does not depend on the order of the terms."""
    if len(other) < len(one):
        one, other = other, one
    return fsum(value * other[name] for name, value in one.items() if name in other)


def evidence(shared: Iterable[str]) -> Evidence:
    """What telling anchors and words say that two reports have in common.

    An event is a place, a date, a number, a version of the plan, or two words; a single word is chance. A subject that
    few speak of may be one; names are not.
    """
    kinds = Counter(name.partition(":")[0] for name in shared)
    if kinds["word"] > 1 or any(kind not in _NO_EVENT for kind in kinds):
        return "event"
    return "subject" if kinds.keys() & _ABOUT else "nothing"


def subjects_of(report: Report) -> Iterator[str]:
    """What a report is about: its terms and topics."""
    return (name for name, _ in report.anchors if name.partition(":")[0] in _ABOUT)


def names_of(reports: Iterable[Report]) -> frozenset[str]:
    """The anchors and words that any of the reports has."""
    return frozenset(name for report in reports for vector in (report.anchors, report.words) for name, _ in vector)
