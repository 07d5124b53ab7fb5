"""What lint says of doubtful rules."""

from __future__ import annotations

from typing import Any

import pytest

from tests.watching import article, entity, score, term, topic, ukraine_watch, watch
from watcher.errors import Problem
from watcher.matching import compile_watch, lint
from watcher.matching.definitions import WatchDef


def warnings(rules: WatchDef, *vocabulary: str) -> list[str]:
    """The messages of the warnings."""
    return [p.message for p in lint(rules, vocabulary) if p.severity == "warning"]


def test_the_worked_example_has_no_warnings() -> None:
    """Good rules are left in peace."""
    assert lint(ukraine_watch()) == []


def test_errors_and_warnings_come_together_in_the_order_of_lines() -> None:
    """A watch that cannot be compiled still gets its warnings."""
    rules = watch(term("a", "ab*\nabc*\nabc*"), term("b", "b"))
    problems = lint(rules)
    assert [p.severity for p in problems] == ["error", "warning", "warning", "warning"]
    assert [p.line for p in problems] == sorted(p.line for p in problems)
    assert all(p.file == "watch.yml" and p.remedy for p in problems)


@pytest.mark.parametrize(
    ("patterns", "short"),
    [
        ("abc*", True),
        ("*abc", True),
        ("abcd*", False),
        ("abc* def*", False),
        ("abc", False),
        ("ضمن*", False),
        ("러시아*", False),
        ("保障*", False),
    ],
)
def test_short_stems(patterns: str, short: bool) -> None:
    """A stem of three letters that stands alone is doubtful; in a phrase the other words narrow it."""
    assert any("short stem" in message for message in warnings(watch(term("a", patterns)))) is short


def test_stems_that_fit_too_many_words() -> None:
    """With a vocabulary, a stem that fits more than 0.5 % of the words is named with the figures."""
    words = [f"wort{i}" for i in range(990)] + [f"plan{i}" for i in range(10)]
    (message,) = warnings(watch(term("a", "plan* ~4 frieden*")), *words)
    assert message == "“plan*” fits 10 of the words of recent articles (1.0 %)"


@pytest.mark.parametrize(
    ("patterns", "redundant"),
    [
        ("guarantee*\nguarantees", "guarantees"),
        ("guarantee*\nguarantees*", "guarantees*"),
        ("*plan*\nfriedensplan", "friedensplan"),
        ("*plan\nfriedensplan", "friedensplan"),
        ("a ~4 b\na ~2 b", "a ~2 b"),
        ("a ~4 b\na >4 b", "a >4 b"),
        ("{a|b} c\na c", "a c"),
        ("=NATO\n=NATO", "=NATO"),
        ("a b? c\na c", "a c"),
    ],
)
def test_patterns_that_another_one_covers(patterns: str, redundant: str) -> None:
    """A pattern that finds nothing that another one of the term does not is superfluous."""
    (message,) = warnings(watch(term("a", patterns)))
    assert message.startswith(f"“{redundant}” finds nothing that")


@pytest.mark.parametrize("patterns", ["plan\nplans", "a ~2 b\na >4 b", "a b\na ~2 c", "a\na b", "=Plan\n=PLAN"])
def test_patterns_that_differ_are_left(patterns: str) -> None:
    """What finds something of its own is no repeat."""
    assert warnings(watch(term("a", patterns))) == []


def test_the_same_pattern_in_two_languages_is_no_repeat() -> None:
    """It says which language a mention was found in."""
    assert warnings(watch(entity("rubio", en="Rubio", de="Rubio", pl="Rubio"))) == []


def test_terms_that_no_topic_uses() -> None:
    """A term that nothing uses is probably a mistake; an entity may be there for its own sake."""
    rules = watch(
        term("a", "a"), term("b", "b"), term("c", "c"), entity("e", en="Eva"),
        topic("t", {"all": ["a", "b"]}, score("a", 5), match=["a b"], no_match=["b"]),
    )  # fmt: skip
    assert warnings(rules) == ["no topic uses the term “c”"]


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ({"match": ["a b"]}, "“t” has no examples that must not match"),
        ({"no_match": ["b"]}, "“t” has no examples that must match"),
    ],
)
def test_topics_without_examples(rest: dict[str, Any], message: str) -> None:
    """Both kinds of examples are asked for."""
    rules = watch(term("a", "a"), term("b", "b"), topic("t", {"all": ["a", "b"]}, score("a", 5), **rest))
    assert warnings(rules) == [message]


def test_scores_that_do_not_score_what_the_gate_asks_for() -> None:
    """Points only for other things are doubtful."""
    rules = watch(
        term("a", "a"), term("b", "b"), term("c", "c"),
        topic("t", {"all": ["a", "b"]}, score("c", 5), match=["a b c"], no_match=["b"]),
    )  # fmt: skip
    assert warnings(rules) == ["“t” gives no points for what its gate asks for"]


def test_people_whose_gender_is_open() -> None:
    """A name that both genders bear wants a gender; one that no language declines does not."""
    assert warnings(watch(entity("z", gender="", uk="Зеленський"))) == ["“z” stands for women and men of this name"]
    assert warnings(watch(entity("z", gender="f", uk="Зеленська"))) == []
    assert warnings(watch(entity("r", gender="", uk="Рубіо", en="Rubio"))) == []


def test_a_pattern_with_warnings_still_works() -> None:
    """Warnings keep nothing from being used."""
    assert compile_watch(watch(term("a", "abc*"))).judge(article("abcd")).matches


def test_a_problem_reads_as_one_line() -> None:
    """File, line, field, message and remedy are all in the text of a problem."""
    (problem,) = lint(watch(term("abc", "x*")))
    assert isinstance(problem, Problem)
    assert str(problem).startswith(f"watch.yml:{problem.line}: “x*” has fewer than 3 letters")
