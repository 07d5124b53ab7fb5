"""Gates and scores."""

from __future__ import annotations

from typing import Any

import pytest

from tests.watching import article, condition, score, term, topic, watch
from watcher.errors import ConfigError
from watcher.matching import Context, compile_watch
from watcher.matching.definitions import FactsDef, ScoreDef
from watcher.matching.topics import Hit, Scene, build_gate, mentions
from watcher.model import ArticleText, TopicScore

LETTERS = [term(name, name) for name in ("aa", "bb", "cc", "dd")]


def judged(when: Any, text: str | ArticleText, *lines: ScoreDef, **rest: Any) -> TopicScore:
    """What one topic over the words aa, bb, cc, dd makes of a text."""
    rules = watch(*LETTERS, topic("t", when, *(lines or (score("aa bb cc dd", 5),)), **rest))
    article_text = article(text) if isinstance(text, str) else text
    return compile_watch(rules).judge(article_text, Context(feed_tags=("x",), outlet_class="wire")).topics[0]


@pytest.mark.parametrize(
    ("when", "text", "opens"),
    [
        ({"all": ["aa", "bb"]}, "aa bb", True),
        ({"all": ["aa", "bb"]}, "aa", False),
        ({"all": ["aa", {"any": ["bb", "cc"]}]}, "aa cc", True),
        ({"all": ["aa", {"any": ["bb", "cc"]}]}, "bb cc", False),
        ({"all": ["aa", "bb"], "none": ["cc"]}, "aa bb", True),
        ({"all": ["aa", "bb"], "none": ["cc"]}, "aa bb cc", False),
        ({"at_least_2": ["aa", "bb", "cc"]}, "aa cc", True),
        ({"at_least_2": ["aa", "bb", "cc"]}, "aa aa", False),
        ({"all": ["aa", "feed.x"]}, "aa", True),
        ({"all": ["aa", "feed.y"]}, "aa", False),
        ({"all": ["aa", "outlet.wire"]}, "aa", True),
        ({"all": ["aa", "outlet.local"]}, "aa", False),
        ("aa sentence bb", "aa and bb.", True),
        ("aa sentence bb", "aa here. Then bb.", False),
        ("aa sentence bb", "aa here\nbb", False),
        ("aa paragraph bb", "aa here. Then bb.", True),
        ("aa paragraph bb", "aa here.\nThen bb.", False),
        ("aa near/2 bb", "aa x x bb", True),
        ("aa near/2 bb", "bb x. X aa", True),
        ("aa near/2 bb", "aa x x x bb", False),
        ("aa near/2 bb", "bb x x x aa x bb", True),
        ({"any": ["aa sentence bb", "cc sentence dd"]}, "dd cc", True),
        ({"all": ["aa", "bb"], "none": ["aa sentence cc"]}, "aa bb cc", False),
        ({"all": ["aa", "bb"], "none": ["aa sentence cc"]}, "aa bb\ncc", True),
    ],
)
def test_gates(when: Any, text: str, opens: bool) -> None:
    """Each kind of condition opens when it should."""
    assert judged(when, text).gate is opens


def test_pairs_do_not_reach_over_fields() -> None:
    """A word of the title and one of the text stand in no sentence together."""
    assert not judged("aa sentence bb", article("bb", "aa")).gate
    assert not judged("aa near/50 bb", article("bb", "aa")).gate


@pytest.mark.parametrize(
    ("when", "text", "miss"),
    [
        ({"all": ["aa", "bb"]}, "aa", "gate: no bb"),
        ({"all": ["aa", {"any": ["bb", "cc"]}]}, "aa", "gate: none of bb, cc"),
        ({"all": ["aa", "bb"], "none": ["cc"]}, "aa bb cc", "gate: cc must not be there"),
        ({"at_least_2": ["aa", "bb", "cc"]}, "aa", "gate: 1 of the 2 wanted of (no bb | no cc)"),
        ("aa sentence bb", "aa. Bb", "gate: aa and bb not in one sentence"),
        ("aa paragraph bb", "aa\nbb", "gate: aa and bb not in one paragraph"),
        ("aa near/3 bb", "aa 1 2 3 4 bb", "gate: aa and bb not within 3 words"),
        ("aa near/3 bb", "aa", "gate: no bb"),
        ({"all": ["aa", "bb"]}, "", "gate: no aa"),
        ({"all": ["cc", {"any": ["aa", {"all": ["bb", "dd"]}]}]}, "cc", "gate: no aa, or no bb; no dd"),
    ],
)
def test_a_closed_gate_says_why(when: Any, text: str, miss: str) -> None:
    """The miss names the condition that failed."""
    assert judged(when, text).miss == miss


@pytest.mark.parametrize(
    ("points", "level", "miss"),
    [(5, "core", ""), (4, "mention", ""), (3, "mention", ""), (2, None, "score 2 of 3")],
)
def test_levels(points: float, level: str | None, miss: str) -> None:
    """At alert_at it is core, at digest_at a mention, below a miss."""
    found = judged({"all": ["aa", "bb"]}, "aa bb", score("aa", points), score("bb", 0, cap=9), score("cc", 9))
    assert (found.level, found.miss, found.score) == (level, miss, points)


@pytest.mark.parametrize(
    ("text", "line", "raw", "points"),
    [
        (article("aa bb aa."), score("aa", 6, 5, 3), 10, 10),
        (article("aa bb", "aa"), score("aa", 6, 5, 3), 11, 11),
        (article("One. Two. Aa bb."), score("aa", 6, 5, 3), 3, 3),
        (article("aa aa aa aa bb"), score("aa", 6, 5, 3, cap=12), 20, 12),
        (article("aa aa bb"), score("aa", -3), -6, -6),
        (article("aa aa aa bb"), score("aa", -3, cap=5), -9, -5),
        (article("aa bb. Bb"), score("aa bb", 1), 3, 3),
    ],
)
def test_arithmetic(text: ArticleText, line: ScoreDef, raw: float, points: float) -> None:
    """Points are weight by zone times mentions, up to the cap, and may be negative."""
    lines = judged({"all": ["aa", "bb"]}, text, line, score("dd", 9)).lines
    assert [(found.raw, found.points) for found in lines] == [(raw, points)]


def test_the_score_is_the_sum_of_its_lines() -> None:
    """Every line that found something is listed, and they add up."""
    found = judged(
        {"all": ["aa", "bb"]}, "aa bb cc", score("aa", 2.5), score("bb", 4, cap=3), score("cc", -1), score("dd", 9)
    )
    assert [line.concepts for line in found.lines] == [("aa",), ("bb",), ("cc",)]
    assert found.score == sum(line.points for line in found.lines) == 4.5


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ("aa", "“aa” alone opens it"),
        ({"any": ["aa", "bb"]}, "“aa” alone opens it"),
        ({"all": ["aa", {"any": ["aa", "bb"]}]}, "“aa” alone opens it"),
        ({"any": [{"all": ["aa", "bb"]}, "feed.x"]}, "“feed.x” alone opens it"),
        ({"all": ["aa"], "none": ["bb"]}, "“aa” alone opens it"),
        ({"none": ["bb"]}, "open on an empty article"),
        ({"at_least_1": ["aa", "bb"]}, "“aa” alone opens it"),
    ],
)
def test_a_topic_without_a_context_condition_is_refused(when: Any, message: str) -> None:
    """One word must never be enough: the message says which one would be."""
    with pytest.raises(ConfigError, match=message) as error:
        judged(when, "aa")
    assert "any: [ukraine" in error.value.problems[0].remedy


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ({"all": ["aa", "abc"]}, "no term or entity “abc”"),
        ({"all": ["aa", "fact.color"]}, "no kind of fact “color”"),
        ({"all": ["aa", "outlet.huge"]}, "no class of outlets “huge”"),
        ({"all": ["aa", "feed."]}, "no term or entity “feed.”"),
        ("aa near bb", "“near” joins nothing"),
        ("aa near/x bb", "“near/x” joins nothing"),
        ("aa beside bb", "“beside” joins nothing"),
        ("aa sentence feed.x", "no place in the text"),
        ("aa sentence aa", "with itself"),
        ("aa sentence", "is no condition"),
        ("", "is no condition"),
        ({"all": ["aa", {"any": []}]}, "has no items"),
        ({"at_least_4": ["aa", "bb", "cc"]}, "at_least_4 of 3"),
    ],
)
def test_bad_conditions_are_refused(when: Any, message: str) -> None:
    """Each mistake has its own message, with a remedy."""
    with pytest.raises(ConfigError, match=message) as error:
        judged(when, "aa")
    assert all(problem.remedy and problem.line for problem in error.value.problems)


@pytest.mark.parametrize(
    ("lines", "rest", "message"),
    [
        ((score("xx", 5),), {}, "no term or entity “xx”"),
        ((score("aa", 5),), {"alert_at": 2}, "digest_at is above alert_at"),
        ((score("aa", 5),), {"digest_at": 0}, "digest_at must be above 0"),
        ((score("aa", 5, cap=2),), {}, "cannot reach digest_at: 2 at most"),
        ((score("aa", 5),), {"again_if_new": ("color",)}, "no kind of fact “color”"),
        ((score("", 5),), {}, "names nothing"),
    ],
)
def test_bad_scores_are_refused(lines: tuple[ScoreDef, ...], rest: dict[str, Any], message: str) -> None:
    """A score that cannot be meant so is refused."""
    with pytest.raises(ConfigError, match=message):
        judged({"all": ["aa", "bb"]}, "aa", *lines, **rest)


def test_a_misspelt_id_gets_a_suggestion() -> None:
    """The nearest id is offered."""
    rules = watch(
        term("security_guarantees", "a"),
        term("b", "b"),
        topic("t", {"all": ["b", "security_garantees"]}, score("b", 5)),
    )
    with pytest.raises(ConfigError, match="did you mean security_guarantees"):
        compile_watch(rules)


def test_duplicate_ids_are_refused() -> None:
    """Terms and entities share one space of ids, topics have their own."""
    double = topic("t", {"all": ["aa", "bb"]}, score("aa", 5))
    with pytest.raises(ConfigError, match="the topic “t” is there 2 times"):
        compile_watch(watch(*LETTERS, double, double))
    with pytest.raises(ConfigError, match="the id “aa” is used already"):
        compile_watch(watch(*LETTERS, term("aa", "x")))


def test_unknown_kinds_of_facts_are_refused() -> None:
    """The kinds that can be looked for are listed."""
    with pytest.raises(ConfigError, match="no kind of fact “weather”"):
        compile_watch(watch(*LETTERS, facts=FactsDef(("weather",))))


def test_only_topics_that_can_fire_are_looked_at() -> None:
    """The needs of a gate are sound: whatever opens it has one of them."""
    for tree, needs in [
        ({"all": ["aa", {"any": ["bb", "cc"]}]}, {"aa"}),
        ({"any": [{"all": ["aa", "bb"]}, "cc sentence dd"]}, {"aa", "cc"}),
        ({"at_least_2": ["aa", "bb", "cc"]}, {"aa", "bb"}),
        ({"none": ["aa"]}, None),
        ({"all": ["aa"], "none": ["bb"]}, {"aa"}),
    ]:
        assert build_gate(condition(tree)).needs() == (None if needs is None else frozenset(needs))


def test_of_two_tellings_the_richer_one_counts() -> None:
    """Summary and text are not added up."""
    summary = [Hit("a", "summary", "lead", i, i + 1, 0, 1, 0, 0, 0) for i in range(3)]
    text = [Hit("a", "text", "lead", i, i + 1, 0, 1, 0, 0, 0) for i in range(2)]
    assert mentions([*summary, *text]) == {"lead": 3}


def test_a_scene_of_nothing_opens_no_gate_that_wants_something() -> None:
    """An empty article meets no positive condition."""
    assert not build_gate(condition({"all": ["aa", "bb"]})).holds(Scene({}))
