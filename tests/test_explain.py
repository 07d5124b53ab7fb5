"""Why an article matched, or what was nearest to matching."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.watching import article, entity, score, term, topic, ukraine_watch, watch
from watcher.matching import Context, Miss, compile_watch, explain
from watcher.matching.explanation import MAX_MISSES

MATCHER = compile_watch(ukraine_watch())


def misses(pattern: str, text: str, **rest: str) -> list[Miss]:
    """The near misses of a term with one pattern, in an article that has the context."""
    rules = watch(
        term("key", pattern, **rest), term("kyiv", "kyiv"), topic("t", {"all": ["key", "kyiv"]}, score("key", 5))
    )
    return list(explain(compile_watch(rules), article(f"{text}\nKyiv")).topics[0].misses)


@pytest.mark.parametrize(
    ("pattern", "text", "kind", "detail", "piece"),
    [
        ("aa ~4 bb", "aa 1 2 3 4 5 6 7 8 9 bb", "distance", "~4 failed: distance 9", "aa 1 2 3 4 5 6 7 8 9 bb"),
        ("aa >2 bb", "bb aa", "order", ">2 failed: the other way round", "bb aa"),
        ("aa >2 bb", "aa 1 2 3 bb", "distance", ">2 failed: distance 3", "aa 1 2 3 bb"),
        ("aa ~4 bb", "aa here. Then bb.", "sentence", "~4 failed: in different sentences", "aa here. Then bb"),
        ("aa bb", "aa x bb", "words", "the words are there, but not next to each other", "aa"),
        ("aa ~4 bb", "only aa", "words", "not there: bb", "aa"),
        ("aa {bb|cc}", "only aa", "words", "not there: bb|cc", "aa"),
        ("=NATO", "Nato", "capital", "capital letters do not fit", "Nato"),
        ("aa ~4 bb ~2 cc", "aa bb x x x cc", "distance", "~2 failed: distance 3", "aa bb x x x cc"),
    ],
)
def test_what_kept_a_pattern_from_matching(pattern: str, text: str, kind: str, detail: str, piece: str) -> None:
    """The pattern that came nearest, and why it did not match."""
    (miss,) = misses(pattern, text)
    assert (miss.kind, miss.detail, miss.text, miss.pattern) == (kind, detail, piece, pattern)


def test_an_excluded_match_names_the_pattern_that_excluded_it() -> None:
    """A match that an excluded pattern killed is a near miss."""
    (miss,) = misses("guarantee*", "Loan guarantees", excluded="loan guarantee*")
    assert (miss.kind, miss.detail, miss.text) == ("excluded", "excluded by “loan guarantee*”", "guarantees")


def test_a_guarded_name_is_a_near_miss() -> None:
    """A guard that spoke against a name is said to have done so."""
    rules = watch(
        entity("geneva", "place", "", en="Geneva", not_before="Motor"), term("plan", "plan"),
        topic("t", {"all": ["geneva", "plan"]}, score("geneva", 5)),
    )  # fmt: skip
    (miss,) = explain(compile_watch(rules), article("Geneva Motor Show plan")).topics[0].misses
    assert (miss.concept, miss.kind, miss.text) == ("geneva", "guard", "Geneva")


def test_a_small_letter_is_a_near_miss_of_a_name() -> None:
    """People need a capital letter; without it they are nearly found."""
    explanation = explain(MATCHER, article("the peace plan of zelensky"))
    kinds = {miss.concept: miss.kind for found in explanation.topics for miss in found.misses}
    assert kinds["zelensky"] == "capital"


def test_nothing_near_gives_no_miss() -> None:
    """A pattern none of whose words is there is not near."""
    assert misses("aa ~4 bb", "quite different") == []


def test_a_topic_that_fired_shows_its_mentions_and_no_misses() -> None:
    """The mentions that its lines count, the arithmetic in its score."""
    (fired, _) = explain(MATCHER, article("Security guarantees for Ukraine, says Rubio")).topics
    assert fired.score.level == "core"
    assert [match.text for match in fired.matches] == ["Security guarantees", "Ukraine", "Rubio"]
    assert fired.misses == ()
    assert [(line.concepts, line.points) for line in fired.score.lines] == [
        (("security_guarantees",), 5), (("ukraine",), 1), (("rubio",), 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "miss"),
    [
        ("Security guarantees for the shop", "gate: none of ukraine, zelensky, umerov, nato, feed.ukraine"),
        ("Kyiv is calm", "gate: no security_guarantees"),
        ("Security guarantees for Kyiv, but Gaza and Hamas too", "score 0 of 3"),
    ],
)
def test_the_condition_or_the_points_that_were_missing(text: str, miss: str) -> None:
    """Each topic that did not fire says what was nearest to firing."""
    topics = {str(found.score.topic): found.score for found in explain(MATCHER, article(text)).topics}
    assert topics["security_guarantees"].miss == miss


def test_a_topic_that_slept_gets_its_arithmetic() -> None:
    """Where nothing of the gate was there, the points are counted all the same."""
    rules = watch(term("a", "aa"), term("b", "bb"), term("c", "cc"), topic("t", {"all": ["a", "b"]}, score("a c", 2)))
    (found,) = explain(compile_watch(rules), article("cc")).topics
    assert (found.score.score, found.score.gate, found.score.miss) == (2, False, "gate: no a; no b")
    assert [match.text for match in found.matches] == ["cc"]


@pytest.mark.parametrize(
    ("text", "miss"),
    [("Kyiv, Zelensky and NATO", "gate: no security_guarantees"), ("The sea is calm", "gate: no security_guarantees")],
)
def test_what_is_said_to_be_missing_is_missing(text: str, miss: str) -> None:
    """Also of a topic that nothing woke: it names what it needs, not what an empty article lacks."""
    (slept,) = [score for score in MATCHER.judge(article(text)).topics if score.topic == "security_guarantees"]
    assert slept.miss == miss


@given(st.lists(st.sampled_from(["aa", "bb", "cc", "dd", "."]), max_size=8))
def test_no_id_that_is_there_is_said_to_be_missing(words: list[str]) -> None:
    """For every topic, whether anything woke it or not."""
    ids = [name * 2 for name in "abcd"]
    gates = [{"all": ["aa", {"any": ["bb", "cc"]}]}, {"any": [{"all": ["aa", "bb"]}, "cc sentence dd"]}]
    rules = watch(*(term(i, i) for i in ids), *(topic(f"t{n}", gate, score("aa", 9)) for n, gate in enumerate(gates)))
    judgement = compile_watch(rules).judge(article(" ".join(words)))
    for found in judgement.topics:
        said = found.miss.partition("gate: ")[2] if " not in one " not in found.miss else ""
        assert not set(words) & set(said.replace(",", " ").replace(";", " ").split())


def test_the_most_useful_near_miss_is_told_first() -> None:
    """What came near by its words before what the gate wants; points when only points were missing."""
    rules = watch(
        term("key", "security ~4 guarantee*"), term("kyiv", "kyiv"), term("war", "war"), term("rare", "rare"),
        topic("far", {"all": ["rare", "kyiv"]}, score("rare", 5)),
        topic("near", {"all": ["key", "kyiv"]}, score("key", 5)),
        topic("poor", {"all": ["war", "kyiv"]}, score("war", 2)),
    )  # fmt: skip
    text = "War in Kyiv. Security for all of us in this one town is not a guarantee."
    told = [(str(found.score.topic), found.nearest) for found in explain(compile_watch(rules), article(text)).topics]
    assert told == [
        ("poor", "score 2 of 3"), ("near", "key: ~4 failed: distance 11; gate: no key"), ("far", "gate: no rare"),
    ]  # fmt: skip


def test_misses_are_few_and_the_nearest_first() -> None:
    """One a concept, at most five, those that lack least first."""
    names = [f"k{i}" for i in range(8)]
    rules = watch(
        *(term(name, f"{name}a ~1 {name}b") for name in names), term("z", "zz"),
        topic("t", {"all": [{"any": names}, "z"]}, score(" ".join(names), 5)),
    )  # fmt: skip
    text = "k0a\n" + "\n".join(f"k{i}a 1 2 3 k{i}b" for i in range(1, 8)) + "\nk7b k7a 1 2 k7b"
    found = explain(compile_watch(rules), article(text)).topics[0].misses
    assert len(found) == MAX_MISSES
    assert {miss.kind for miss in found} == {"distance"}
    assert len({miss.concept for miss in found}) == MAX_MISSES


WORDS = st.one_of(
    st.sampled_from(["Гарантії", "безпеки", "України", "Security", "guarantees", "social", "Kyiv", "Rubio", "peace"]),
    st.sampled_from(["plan", "28", "points", "zelensky", "Olena", "Gaza", ".", "\n"]),
)


@given(st.lists(WORDS, max_size=40), st.lists(WORDS, max_size=8))
@settings(max_examples=60)
def test_explain_reproduces_the_judgement(words: list[str], title: list[str]) -> None:
    """What fired fires again, with the same matches and scores; and every miss slices to its text."""
    text = article(" ".join(words), " ".join(title))
    context = Context(language="uk")
    judgement, explanation = MATCHER.judge(text, context), explain(MATCHER, text, context)
    assert explanation.judgement.fired == judgement.fired
    if judgement.fired:  # topics that slept are counted in full by explain alone
        assert replace(explanation.judgement, topics=()) == replace(judgement, topics=())
    for found in explanation.topics:
        for miss in found.misses:
            assert getattr(text, miss.field)[miss.start : miss.end] == miss.text
