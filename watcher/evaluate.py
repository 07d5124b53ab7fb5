"""How good the rules are: labelled articles against what was predicted for them.

Pure arithmetic over values. Whoever calls it reads the file, runs the rules and, when there is a story engine, places
the hits in stories; this module knows neither the rules nor the store.

A labelled file holds one JSON object a line with the fields of :class:`Labelled`; unknown fields are ignored, so that
files may carry notes of their own.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_args

from watcher.errors import Problem, UsageError
from watcher.model import Level

Relevance = Literal["core", "mention", "no"]
_T = TypeVar("_T")
_REMEDY = "each line is one JSON object, as the README of the evaluation describes it"


class LabelError(UsageError):
    """A file of labelled articles cannot be used.

    Attributes:
        problems: everything that is wrong, by line.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Labelled:
    """An article with what is true of it.

    Attributes:
        date: ISO date, a month (``2025-11``), or empty.
        level: None when the article is not about the subject at all.
        entities: canonical English names.
        plan_points: every N of an N-point plan that the text names.
        story: the same key for every article on one event; empty when it has none.
    """

    id: str
    language: str
    title: str
    text: str
    level: Level | None
    topics: frozenset[str]
    entities: frozenset[str]
    plan_points: frozenset[int]
    date: str = ""
    story: str = ""
    borderline: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Predicted:
    """What was found in the article of the same id.

    Attributes:
        story: a key that articles placed together share; empty for an article that stands alone.
        alerts: how many alerts the article caused (``new`` or ``update``).
    """

    id: str
    level: Level | None
    topics: frozenset[str] = frozenset()
    entities: frozenset[str] = frozenset()
    plan_points: frozenset[int] = frozenset()
    story: str = ""
    alerts: int = 0


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and F1, all from 0 to 1; with the counts behind them where there are any.

    Attributes:
        hits: found and true; extra: found, not true; missed: true, not found.
    """

    precision: float
    recall: float
    f1: float
    hits: int = 0
    extra: int = 0
    missed: int = 0

    def as_dict(self) -> dict[str, float | int]:
        """The figures, rounded to four places."""
        return {
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
            "f1": round(self.f1, 4),
            "hits": self.hits,
            "extra": self.extra,
            "missed": self.missed,
        }


@dataclass(frozen=True, slots=True)
class ArticleErrors:
    """What went wrong in one article.

    Attributes:
        level: (true, found) when they differ, ``no`` for None.
        extra, missed: by kind (``topics``, ``entities``, ``plan_points``), what was found in error and what was not
            found, sorted.
    """

    id: str
    language: str
    title: str
    level: tuple[Relevance, Relevance] | None
    extra: Mapping[str, tuple[str, ...]]
    missed: Mapping[str, tuple[str, ...]]
    borderline: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "id": self.id,
            "language": self.language,
            "title": self.title,
            "level": None if self.level is None else {"true": self.level[0], "found": self.level[1]},
            "extra": {kind: list(names) for kind, names in self.extra.items()},
            "missed": {kind: list(names) for kind, names in self.missed.items()},
            "borderline": self.borderline,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The figures for a file of labelled articles.

    Attributes:
        level_core: core against the rest; level_relevant: core or mention against no.
        topics, entities, plan_points: micro averages, over all articles at once.
        stories: B-cubed, over the articles that have a story key.
        alerts_per_story: alerts caused by the articles of stories with a core article, divided by the number of those
            stories; 1 is ideal. 0 when there is no such story.
        errors: in the order of the file, articles without error left out.
    """

    articles: int
    level_core: Score
    level_relevant: Score
    topics: Score
    entities: Score
    plan_points: Score
    stories: Score
    alerts_per_story: float
    errors: tuple[ArticleErrors, ...]

    def as_dict(self) -> dict[str, Any]:
        """The figures as one JSON object, without the errors."""
        return {
            "level.core": self.level_core.as_dict(),
            "level.relevant": self.level_relevant.as_dict(),
            "topics": self.topics.as_dict(),
            "entities": self.entities.as_dict(),
            "plan_points": self.plan_points.as_dict(),
            "stories": self.stories.as_dict(),
            "alerts_per_story": round(self.alerts_per_story, 4),
            "articles": self.articles,
        }


# --- the file -----------------------------------------------------------------------------------------------------


def parse_labelled(lines: Iterable[str], file: str) -> tuple[Labelled, ...]:
    """The articles of a labelled file; blank lines are skipped.

    Args:
        file: its name, for the problems.

    Raises:
        LabelError: with every problem of every line.
    """
    problems: list[Problem] = []
    records: list[Labelled] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = _record(_object(line))
        except _BadLine as error:
            problems.append(Problem(file, number, error.field, str(error), error.remedy))
            continue
        if record.id in seen:
            message = f"the id {record.id!r} is on line {seen[record.id]} too"
            problems.append(Problem(file, number, "id", message, "give each article an id of its own"))
        seen.setdefault(record.id, number)
        records.append(record)
    if problems:
        raise LabelError(problems)
    return tuple(records)


class _BadLine(Exception):
    """Why a line cannot be used; never leaves this module."""

    def __init__(self, field: str, message: str, remedy: str = _REMEDY) -> None:
        super().__init__(message)
        self.field = field
        self.remedy = remedy


def _object(line: str) -> Mapping[str, Any]:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise _BadLine("", f"is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise _BadLine("", "is not a JSON object")
    return found


def _record(found: Mapping[str, Any]) -> Labelled:
    relevant = _text(found, "relevant")
    if relevant not in get_args(Relevance):
        raise _BadLine("relevant", f"{relevant!r} is no level", "write core, mention or no")
    level: Level | None = "core" if relevant == "core" else "mention" if relevant == "mention" else None
    return Labelled(
        id=_text(found, "id"),
        language=_text(found, "lang", ""),
        title=_text(found, "title"),
        text=_text(found, "text", ""),
        level=level,
        topics=frozenset(_list(found, "topics", str)),
        entities=frozenset(_list(found, "entities", str)),
        plan_points=frozenset(_list(found, "plan_points", int)),
        date=_text(found, "date", ""),
        story=_text(found, "story", ""),
        borderline=_text(found, "borderline", ""),
        url=_text(found, "url", ""),
    )


def _text(found: Mapping[str, Any], field: str, default: str | None = None) -> str:
    value = found.get(field, default)
    if value is None:
        raise _BadLine(field, "is missing")
    if not isinstance(value, str):
        raise _BadLine(field, f"should be a text, is {value!r}")
    return value


def _list(found: Mapping[str, Any], field: str, kind: type[_T]) -> list[_T]:
    values = found.get(field, [])
    right = isinstance(values, list) and all(
        isinstance(value, kind) and not isinstance(value, bool) for value in values
    )
    if not right:
        what = "numbers" if kind is int else "texts"
        raise _BadLine(field, f"should be a list of {what}, is {values!r}")
    return list(values)


def in_date_order(records: Iterable[Labelled]) -> tuple[Labelled, ...]:
    """The articles as they would have come in; a month alone counts as its beginning, no date at all comes first."""
    return tuple(sorted(records, key=lambda record: (record.date, record.id)))


# --- the figures --------------------------------------------------------------------------------------------------

_Pair = tuple[Labelled, Predicted]


def evaluate(records: Sequence[Labelled], predictions: Sequence[Predicted]) -> Report:
    """The figures for labelled articles.

    Args:
        predictions: one for each record, in any order.

    Raises:
        ValueError: an article has no prediction, or several, or a prediction has no article.
    """
    pairs = _paired(records, predictions)
    return Report(
        articles=len(pairs),
        level_core=_level(pairs, lambda level: level == "core"),
        level_relevant=_level(pairs, lambda level: level is not None),
        topics=_micro((record.topics, found.topics) for record, found in pairs),
        entities=_micro((record.entities, found.entities) for record, found in pairs),
        plan_points=_micro((record.plan_points, found.plan_points) for record, found in pairs),
        stories=_b_cubed([(record.story, _place(found)) for record, found in pairs if record.story]),
        alerts_per_story=_alerts_per_story(pairs),
        errors=tuple(error for pair in pairs if (error := _errors(*pair)) is not None),
    )


def _paired(records: Sequence[Labelled], predictions: Sequence[Predicted]) -> list[_Pair]:
    found = {prediction.id: prediction for prediction in predictions}
    if len(found) != len(predictions):
        raise ValueError("there are several predictions for one article")
    if found.keys() != {record.id for record in records}:
        raise ValueError("articles and predictions have different ids")
    return [(record, found[record.id]) for record in records]


def score(hits: int, extra: int, missed: int) -> Score:
    """Precision, recall and F1 of counts. What had nothing to find, or nothing found, is without fault: 1."""
    precision = hits / (hits + extra) if hits + extra else 1.0
    recall = hits / (hits + missed) if hits + missed else 1.0
    return Score(precision, recall, _f1(precision, recall), hits, extra, missed)


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _level(pairs: Sequence[_Pair], positive: Callable[[Level | None], bool]) -> Score:
    cells = Counter((positive(record.level), positive(found.level)) for record, found in pairs)
    return score(cells[True, True], cells[False, True], cells[True, False])


def _micro(sets: Iterable[tuple[frozenset[Any], frozenset[Any]]]) -> Score:
    hits = extra = missed = 0
    for true, found in sets:
        hits += len(true & found)
        extra += len(found - true)
        missed += len(true - found)
    return score(hits, extra, missed)


def _place(found: Predicted) -> tuple[str, str]:
    """The story an article was placed in; one without is alone in a story of its own."""
    return ("story", found.story) if found.story else ("article", found.id)


def _b_cubed(placed: Sequence[tuple[str, tuple[str, str]]]) -> Score:
    """B-cubed: for each article, how pure its found story is, and how much of its true story that holds.

    Source: Bagga and Baldwin, Entity-based cross-document coreferencing using the vector space model, 1998.
    """
    if not placed:
        return Score(1.0, 1.0, 1.0)
    true_size = Counter(true for true, _ in placed)
    found_size = Counter(found for _, found in placed)
    both = Counter(placed)
    # An article shares both stories with ``size`` articles, itself among them, and there are ``size`` such articles.
    precision = sum(size * size / found_size[found] for (_, found), size in both.items()) / len(placed)
    recall = sum(size * size / true_size[true] for (true, _), size in both.items()) / len(placed)
    return Score(precision, recall, _f1(precision, recall))


def _alerts_per_story(pairs: Sequence[_Pair]) -> float:
    stories = {record.story for record, _ in pairs if record.story and record.level == "core"}
    alerts: dict[str, int] = defaultdict(int)
    for record, found in pairs:
        alerts[record.story] += found.alerts
    return sum(alerts[story] for story in stories) / len(stories) if stories else 0.0


# --- what went wrong ----------------------------------------------------------------------------------------------


def _errors(record: Labelled, found: Predicted) -> ArticleErrors | None:
    both: dict[str, tuple[frozenset[Any], frozenset[Any]]] = {
        "topics": (record.topics, found.topics),
        "entities": (record.entities, found.entities),
        "plan_points": (record.plan_points, found.plan_points),
    }
    extra = {kind: _sorted(seen - true) for kind, (true, seen) in both.items() if seen - true}
    missed = {kind: _sorted(true - seen) for kind, (true, seen) in both.items() if true - seen}
    level = None if record.level == found.level else (record.level or "no", found.level or "no")
    if not (level or extra or missed):
        return None
    return ArticleErrors(record.id, record.language, record.title, level, extra, missed, record.borderline)


def _sorted(values: frozenset[Any]) -> tuple[str, ...]:
    return tuple(str(value) for value in sorted(values))
