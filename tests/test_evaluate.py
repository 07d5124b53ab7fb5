"""The arithmetic of the evaluation, on cases small enough to be worked out by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.evaluate import LabelError, Labelled, Predicted, evaluate, in_date_order, parse_labelled, score
from watcher.model import Level


def labelled(id_: str, level: Level | None = "core", **fields: Any) -> Labelled:
    values: dict[str, Any] = {"topics": frozenset(), "entities": frozenset(), "plan_points": frozenset(), **fields}
    return Labelled(id_, "en", "Title", "Text.", level, **values)


def line(**changes: Any) -> str:
    values = {"id": "a", "lang": "en", "title": "T", "text": "X", "relevant": "core", "story": "s", **changes}
    return json.dumps(values)


def test_core_counts_core_alone_and_relevant_counts_mentions_too() -> None:
    """A mention taken for core is an error for one figure and right for the other."""
    records = [labelled("a"), labelled("b", "mention"), labelled("c", None), labelled("d")]
    found = [Predicted("a", "core"), Predicted("b", "core"), Predicted("c", None), Predicted("d", None)]
    report = evaluate(records, found)
    assert (report.level_core.hits, report.level_core.extra, report.level_core.missed) == (1, 1, 1)
    assert (report.level_relevant.hits, report.level_relevant.extra, report.level_relevant.missed) == (2, 0, 1)
    assert report.level_core.f1 == pytest.approx(0.5)


def test_topics_are_a_micro_average() -> None:
    """Counts are added up over the articles before they are divided."""
    records = [labelled("a", topics=frozenset({"x", "y"})), labelled("b", topics=frozenset({"x"}))]
    found = [Predicted("a", "core", frozenset({"x"})), Predicted("b", "core", frozenset({"x", "z"}))]
    assert evaluate(records, found).topics.as_dict() == {
        "precision": 0.6667,
        "recall": 0.6667,
        "f1": 0.6667,
        "hits": 2,
        "extra": 1,
        "missed": 1,
    }


def test_entities_and_plan_points_are_compared_exactly() -> None:
    """A name in another spelling is another name."""
    records = [labelled("a", entities=frozenset({"Marco Rubio"}), plan_points=frozenset({28, 19}))]
    found = [Predicted("a", "core", entities=frozenset({"Rubio"}), plan_points=frozenset({28}))]
    report = evaluate(records, found)
    assert (report.entities.hits, report.entities.extra, report.entities.missed) == (0, 1, 1)
    assert report.plan_points.recall == 0.5


def test_predictions_are_found_by_id() -> None:
    """The order of the predictions does not matter."""
    records = [labelled("a"), labelled("b", None)]
    assert evaluate(records, [Predicted("b", None), Predicted("a", "core")]).errors == ()


@pytest.mark.parametrize(
    "found",
    [[Predicted("b", None)], [], [Predicted("a", None), Predicted("a", None)]],
    ids=["another", "none", "two"],
)
def test_articles_and_predictions_must_correspond(found: list[Predicted]) -> None:
    """A prediction for another article, none, or two for one: the caller is at fault."""
    with pytest.raises(ValueError, match=r"predictions? "):
        evaluate([labelled("a")], found)


def test_b_cubed_by_hand() -> None:
    """Bagga and Baldwin's measure on two stories, one of them split and one joined by a stranger."""
    records = [labelled(id_, story=story) for id_, story in zip("abcd", ["s", "s", "s", "t"], strict=True)]
    found = [Predicted("a", "core", story="1"), Predicted("b", "core", story="1"), Predicted("c", "core", story="2")]
    found.append(Predicted("d", "core", story="2"))
    stories = evaluate(records, found).stories
    assert stories.precision == pytest.approx((1 + 1 + 0.5 + 0.5) / 4)
    assert stories.recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1) / 4)


def test_an_article_without_a_story_stands_alone() -> None:
    """Two articles without a found story are two stories, not one."""
    records = [labelled("a", story="s"), labelled("b", story="s")]
    stories = evaluate(records, [Predicted("a", None), Predicted("b", None)]).stories
    assert (stories.precision, stories.recall) == (1.0, 0.5)


def test_articles_without_a_story_key_do_not_count_for_stories() -> None:
    """Their place is not known to be right or wrong."""
    records = [labelled("a", story="s"), labelled("b")]
    stories = evaluate(records, [Predicted("a", "core", story="1"), Predicted("b", "core", story="1")]).stories
    assert stories.f1 == 1.0


def test_alerts_per_story_counts_stories_with_a_core_article() -> None:
    """Alerts on stories of other matters are false alarms and counted elsewhere."""
    records = [labelled("a", story="s"), labelled("b", story="s"), labelled("c", story="t")]
    records.append(labelled("d", None, story="gaza"))
    found = [Predicted("a", "core", alerts=1), Predicted("b", "core", alerts=2), Predicted("c", "core", alerts=1)]
    found.append(Predicted("d", "core", alerts=7))
    assert evaluate(records, found).alerts_per_story == 2.0


def test_nothing_to_find_and_nothing_found_is_without_fault() -> None:
    """An empty file gives figures, not a division by zero."""
    report = evaluate([], [])
    assert (report.topics.f1, report.stories.f1, report.alerts_per_story) == (1.0, 1.0, 0.0)
    assert score(0, 0, 3).recall == 0.0
    assert score(0, 2, 3).f1 == 0.0


def test_the_report_has_the_keys_that_are_asked_for() -> None:
    """The keys are an interface of the command line."""
    keys = {"level.core", "level.relevant", "topics", "entities", "plan_points", "stories", "alerts_per_story"}
    report = evaluate([labelled("a")], [Predicted("a", "core")]).as_dict()
    assert keys <= report.keys()
    assert json.loads(json.dumps(report)) == report


def test_errors_say_what_was_wrong_in_which_article() -> None:
    """What was found in error and what was missed, by kind; articles without error are left out."""
    records = [labelled("a", topics=frozenset({"x"}), plan_points=frozenset({28})), labelled("b")]
    found = [Predicted("a", "mention", frozenset({"y"})), Predicted("b", "core")]
    (error,) = evaluate(records, found).errors
    assert error.as_dict() == {
        "id": "a",
        "language": "en",
        "title": "Title",
        "level": {"true": "core", "found": "mention"},
        "extra": {"topics": ["y"]},
        "missed": {"topics": ["x"], "plan_points": ["28"]},
        "borderline": "",
    }


@given(st.lists(st.tuples(st.sampled_from("stu"), st.sampled_from(["", "1", "2", "3"])), max_size=12))
def test_b_cubed_stays_between_nought_and_one(places: list[tuple[str, str]]) -> None:
    """Whatever the stories, and a found story for each true one is perfect."""
    records = [labelled(str(i), story=true) for i, (true, _) in enumerate(places)]
    found = [Predicted(str(i), "core", story=story) for i, (_, story) in enumerate(places)]
    stories = evaluate(records, found).stories
    assert 0 <= stories.precision <= 1
    assert 0 <= stories.recall <= 1
    perfect = [Predicted(record.id, "core", story=record.story) for record in records]
    assert evaluate(records, perfect).stories.f1 == pytest.approx(1.0)


# --- the file ---------------------------------------------------------------------------------------------------------


def test_a_line_becomes_an_article() -> None:
    """Every field of the form, unknown ones ignored, blank lines skipped."""
    text = line(topics=["x"], entities=["NATO"], plan_points=[28], date="2025-11-26", url="https://e.org", more=1)
    (article,) = parse_labelled(["", text, "  \n"], "f.jsonl")
    assert article.topics == {"x"}
    assert article.plan_points == {28}
    assert (article.level, article.story, article.date) == ("core", "s", "2025-11-26")


def test_no_means_no_level() -> None:
    """``relevant: no`` is an article on another matter."""
    assert parse_labelled([line(relevant="no")], "f")[0].level is None


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("{", ""),
        ("[1]", ""),
        (line(relevant="yes"), "relevant"),
        (line(id=None), "id"),
        (line(title=3), "title"),
        (line(topics="x"), "topics"),
        (line(plan_points=["28"]), "plan_points"),
        (line(plan_points=[True]), "plan_points"),
    ],
)
def test_a_bad_line_is_named_with_its_place(text: str, field: str) -> None:
    """File, line and field of what cannot be read."""
    with pytest.raises(LabelError) as caught:
        parse_labelled([line(), text], "labels.jsonl")
    (problem,) = caught.value.problems
    assert (problem.file, problem.line, problem.field) == ("labels.jsonl", 2, field)
    assert str(problem).startswith("labels.jsonl:2:")


def test_every_bad_line_is_told_at_once() -> None:
    """Mending a file does not take one run a mistake."""
    with pytest.raises(LabelError) as caught:
        parse_labelled(["{", line(), line(), "null"], "f")
    assert [problem.line for problem in caught.value.problems] == [1, 3, 4]
    assert "is on line 2 too" in str(caught.value)


def test_date_order_takes_a_month_as_its_beginning() -> None:
    """Undated articles come first, a month before its days."""
    dates = {"a": "2025-11-26", "b": "2025-11", "c": "", "d": "2025-10-31"}
    records = [labelled(id_, date=date) for id_, date in dates.items()]
    assert [record.id for record in in_date_order(records)] == ["c", "d", "b", "a"]
