"""The matcher: what it finds in articles, and what it costs."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.watching import article, entity, score, term, topic, ukraine_watch, watch
from watcher.errors import ConfigError
from watcher.matching import Context, Matcher, compile_pattern, compile_watch
from watcher.matching.definitions import FactsDef, Source
from watcher.matching.evidence import EVIDENCE_CHARS
from watcher.matching.scanning import MAX_HITS
from watcher.model import ArticleText, Fact, Judgement, Match

MATCHER = compile_watch(ukraine_watch())


def concepts(judgement: Judgement) -> list[tuple[str, str]]:
    """Concept and text of each match."""
    return [(match.concept, match.text) for match in judgement.matches]


def found(matcher: Matcher, text: str) -> list[str]:
    """The texts of the matches in an article."""
    return [match.text for match in matcher.judge(article(text)).matches]


# --- terms and entities ------------------------------------------------------------------------------------------


def test_an_excluded_pattern_kills_an_overlapping_match() -> None:
    """What overlaps does not count; the same words elsewhere do."""
    matcher = compile_watch(watch(term("g", "security guarantee*", excluded="social security guarantee*")))
    assert found(matcher, "Social security guarantees. Security guarantees.") == ["Security guarantees"]


def test_an_excluded_pattern_kills_only_its_own_term() -> None:
    """Other terms that match the same words are left alone."""
    matcher = compile_watch(watch(term("a", "loan", excluded="loan guarantee"), term("b", "guarantee")))
    assert found(matcher, "loan guarantee") == ["guarantee"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Olena Zelenska. Olena Zelensky spoke", []),
        ("Zelensky spoke", ["Zelensky"]),
        ("said Olena. Zelensky spoke", ["Zelensky"]),
        ("the zelensky plan", []),
        ("ZELENSKY SPOKE", ["ZELENSKY"]),
        ("Зеленським і зеленським", ["Зеленським"]),
    ],
)
def test_guards_and_capitals_of_people(text: str, names: list[str]) -> None:
    """A guard right beside the name and in its sentence, or a small letter, show that it is something else."""
    assert [m.text for m in MATCHER.judge(article(text)).matches if m.concept == "zelensky"] == names


def test_a_guard_of_several_words() -> None:
    """Guards may be sequences, before and after."""
    matcher = compile_watch(watch(entity("geneva", "place", "", en="Geneva", not_before="Motor Show, Convention*")))
    assert found(matcher, "Geneva Motor Show, Geneva Motors, Geneva Conventions, in Geneva") == ["Geneva", "Geneva"]


def test_bodies_need_no_capital_unless_they_are_acronyms() -> None:
    """The capital letter is for people, places and outlets; acronyms are as written."""
    matcher = compile_watch(watch(entity("wh", "body", "", en="White House"), entity("us", "place", "", en="US")))
    assert found(matcher, "the white house told us, the US") == ["white house", "US"]


def test_names_are_declined_in_phrases() -> None:
    """Each word of a name is declined."""
    matcher = compile_watch(watch(entity("wh", "body", "", uk="Білий дім", ru="Белый дом", pl="Biały Dom")))
    text = "у Білому домі, Білого дому, в Белом доме, Белого дома, w Białym Domu"
    assert len(found(matcher, text)) == 5


def test_the_longest_of_overlapping_matches_counts_once() -> None:
    """Marco Rubio is one mention, whether or not Rubio is a name of his too."""
    matcher = compile_watch(watch(entity("rubio", en="Rubio, Marco Rubio")))
    assert found(matcher, "Marco Rubio met Rubio") == ["Marco Rubio", "Rubio"]


def test_entities_are_listed_in_order_of_appearance() -> None:
    """The title comes first; each entity once; terms are not among them."""
    judgement = MATCHER.judge(
        article("Umerov and Rubio met Umerov in Geneva.", title="Zelensky on security guarantees")
    )
    assert judgement.entities == ("zelensky", "umerov", "rubio", "geneva")


@pytest.mark.parametrize(
    ("title", "summary", "text"),
    [
        (
            "Кислиця про гарантії безпеки",
            "Гарантії для безпеки України.",
            "Перше.\nДруге: Умєров у Женеві. 28 пунктів плану.",
        ),
        ("", "", "安全保障对乌克兰很重要。北约"),
        ("NATO\u200b and Zelensky’s plan", "", "“Security guarantees” for Kyiv"),
        ("", "Ненадійні гаран\xadтії безпе\xadки Украї\u0301ни", ""),
    ],
)
def test_spans_slice_to_the_evidence(title: str, summary: str, text: str) -> None:
    """Each match, fact and mark is a slice of the field that it names."""
    given_text = article(text, title, summary)
    judgement = MATCHER.judge(given_text)
    assert judgement.matches
    for match in judgement.matches:
        assert getattr(given_text, match.field)[match.start : match.end] == match.text
    for fact in judgement.facts:
        assert getattr(given_text, fact.field)[fact.start : fact.end] == fact.text


def test_matches_know_pattern_and_languages() -> None:
    """A match carries the pattern as written, the language it is listed under, and that of the sentence."""
    (match,) = compile_pattern("гаранті* ~4 безпек*", "uk").judge(article("Це гарантії для безпеки.")).matches
    assert (match.kind, match.pattern, match.pattern_language, match.language) == (
        "term",
        "гаранті* ~4 безпек*",
        "uk",
        "uk",
    )


def test_hits_of_one_concept_and_field_are_capped() -> None:
    """A text that repeats a word without end gives no more than the limit."""
    assert len(found(compile_pattern("word"), "word " * 5_000)) == MAX_HITS


# --- zones and counting ------------------------------------------------------------------------------------------


def mentions(text: ArticleText) -> dict[str, int]:
    """How often the word ``key`` counts, by zone."""
    rules = watch(term("key", "key"), term("other", "other"), topic("t", {"all": ["key", "other"]}, score("key", 1)))
    lines = compile_watch(rules).judge(replace(text, text=text.text + "\nother")).topics[0].lines
    return dict(lines[0].mentions) if lines else {}


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        (article("Key one. Key two. Key three. Key four."), {"lead": 2, "body": 2}),
        (article("", "Key"), {"title": 1}),
        (article("", "", "Key and key."), {"lead": 2}),
        (article("Key one. Two. Key three.", "", "Key one. And key."), {"lead": 2, "body": 1}),
        (article("Key title\nKey lead. More key. Key body.", "Key title"), {"title": 1, "lead": 2, "body": 1}),
        (article("", "", "key " * 3 + "word " * 150 + "End. Key"), {"lead": 3, "body": 1}),
    ],
)
def test_a_mention_counts_once_in_its_zone(text: ArticleText, counts: dict[str, int]) -> None:
    """The summary and the beginning of the text tell the same; a repeated title does not count again."""
    assert mentions(text) == counts


def test_words_that_several_concepts_of_a_line_share_count_once() -> None:
    """One line of a score counts overlapping mentions of its concepts as one."""
    rules = watch(
        term("a", "peace plan"), term("b", "plan"), term("c", "kyiv"),
        topic("t", {"all": ["a", "c"]}, score("a b", 4, cap=20)),
    )  # fmt: skip
    assert compile_watch(rules).judge(article("Peace plan for Kyiv, a plan")).topics[0].score == 8


# --- the judgement -----------------------------------------------------------------------------------------------


def test_the_examples_of_the_watch_hold() -> None:
    """All examples do what they say."""
    assert MATCHER.check_examples() == []


def test_an_example_that_fails_is_named() -> None:
    """A failing example gives a problem with its place, the reason and a remedy."""
    rules = watch(
        term("a", "alpha"), term("b", "beta"),
        topic("t", {"all": ["a", "b"]}, score("a", 5), match=["Alpha without the other"], no_match=["alpha\nbeta"]),
    )  # fmt: skip
    missing, extra = compile_watch(rules).check_examples()
    assert (missing.file, missing.line, missing.field) == ("watch.yml", rules.topics[0].match[0].source.line, "match")
    assert "gate: no b" in missing.message
    assert "must not match" in extra.message
    assert extra.remedy


def test_the_level_is_the_highest_of_its_topics() -> None:
    """Core wins over mention, and the stronger topic comes first."""
    judgement = MATCHER.judge(article("Security guarantees for Ukraine: the peace plan of Kyiv has 28 points."))
    assert judgement.level == "core"
    assert [t.level for t in judgement.fired] == sorted(t.level or "" for t in judgement.fired)
    assert judgement.score == judgement.fired[0].score
    assert len(judgement.topics) == len(ukraine_watch().topics)


def test_nothing_found_gives_an_empty_judgement() -> None:
    """No level, no score, no evidence, but every topic with its miss."""
    judgement = MATCHER.judge(article("Der Verein gewann das Spiel in der Nachspielzeit."))
    assert (judgement.level, judgement.score, judgement.evidence, judgement.matches) == (None, 0.0, None, ())
    assert all(t.miss.startswith("gate: no") for t in judgement.topics)
    assert judgement.language == "de"


def test_an_empty_article_is_judged() -> None:
    """No text, no trouble."""
    assert MATCHER.judge(ArticleText("", "", "", "title")).topics


def test_feed_tags_and_outlet_classes_are_conditions() -> None:
    """What the feed is about can be the context that a short text lacks."""
    text = article("Rubio: security guarantees come later")
    assert MATCHER.judge(text).level is None
    assert MATCHER.judge(text, Context(feed_tags=("ukraine",))).level == "core"
    rules = watch(term("a", "alpha"), topic("t", {"all": ["a", "outlet.official"]}, score("a", 9)))
    assert compile_watch(rules).judge(article("alpha"), Context(outlet_class="official")).level == "core"
    assert compile_watch(rules).judge(article("alpha"), Context(outlet_class="wire")).level is None


def test_facts_are_concepts_of_gates_and_scores() -> None:
    """A plan of N points opens a gate, scores, and is a match of its own kind."""
    judgement = MATCHER.judge(article("Кислиця: із 28 пунктів плану лишилося 19"))
    assert [fact.value for fact in judgement.facts if fact.kind == "plan_points"] == ["28", "19"]
    rows = [(m.concept, m.label, m.pattern) for m in judgement.matches if m.kind == "fact"]
    assert rows == [("plan_points", "plan points", "28"), ("plan_points", "plan points", "19")]
    assert judgement.topics[0].topic == "peace_plan"


def test_dates_are_resolved_against_the_publication() -> None:
    """The context hands the time in; there is no clock."""
    text = article("Ukraine has to accept the peace plan by November 27, Rubio said.")
    published = datetime(2025, 11, 24, tzinfo=UTC)
    facts = MATCHER.judge(text, Context(published_at=published)).facts
    assert ("deadline", "2025-11-27") in [(fact.kind, fact.value) for fact in facts]


def test_the_same_in_gives_the_same_out() -> None:
    """Judging is pure, whatever was judged before."""
    text = article("Security guarantees for Kyiv, Zelensky said. 28 points.")
    first = MATCHER.judge(text)
    MATCHER.judge(article("Гарантії безпеки для України"))
    assert MATCHER.judge(text) == first
    assert compile_watch(ukraine_watch()).judge(text) == first


# --- evidence ----------------------------------------------------------------------------------------------------


def test_the_evidence_is_the_weightiest_sentence() -> None:
    """Not the first mention, but the sentence that says most; with its marks."""
    text = article("Kyiv was calm. Rubio told Zelensky that security guarantees for Ukraine come later. The end.")
    evidence = MATCHER.judge(text).evidence
    assert evidence is not None
    assert evidence.text == "Rubio told Zelensky that security guarantees for Ukraine come later."
    marked = [evidence.text[start:end] for start, end in evidence.marks]
    assert marked == ["Rubio", "Zelensky", "security guarantees", "Ukraine"]
    assert text.text[evidence.start :].startswith(evidence.text)


def test_the_title_is_evidence_only_when_the_text_says_little() -> None:
    """The headline is shown anyway, so a sentence of the text is preferred."""
    title = "Security guarantees for Ukraine"
    said = MATCHER.judge(article("Zelensky got security guarantees.", title)).evidence
    silent = MATCHER.judge(article("Nothing of note here.", title)).evidence
    assert said is not None
    assert silent is not None
    assert (said.field, silent.field) == ("text", "title")


@pytest.mark.parametrize("place", [0, 1_000, 4_000])
def test_long_sentences_are_cut_around_the_marks(place: int) -> None:
    """At most 400 characters, with the words that matter, from word to word."""
    text = article("слово " * (place // 6) + "гарантії безпеки України" + " слово" * 900)
    evidence = MATCHER.judge(text).evidence
    assert evidence is not None
    assert len(evidence.text) <= EVIDENCE_CHARS
    assert [evidence.text[a:b] for a, b in evidence.marks] == ["гарантії безпеки", "України"]
    assert text.text[evidence.start : evidence.start + len(evidence.text)] == evidence.text


# --- the rules ---------------------------------------------------------------------------------------------------


def test_every_mistake_is_reported_at_once() -> None:
    """A watch with several mistakes names each with file, line and remedy."""
    rules = watch(
        term("a", "x*"), term("a", "ok"), entity("e"),
        topic("t", {"all": ["a", "nobody"]}, score("nothing", 1)),
    )  # fmt: skip
    with pytest.raises(ConfigError) as error:
        compile_watch(rules)
    messages = [problem.message for problem in error.value.problems]
    assert len(messages) == 5
    assert all(problem.file == "watch.yml" and problem.line and problem.remedy for problem in error.value.problems)


def test_the_hash_stands_for_what_the_rules_say() -> None:
    """The same rules at other lines have the same hash; any change of meaning changes it."""
    rules = ukraine_watch()
    moved = replace(rules, terms=tuple(replace(t, source=Source("other.yml", 1, "")) for t in rules.terms))
    changed = replace(rules, topics=(replace(rules.topics[0], alert_at=6), *rules.topics[1:]))
    facts = replace(rules, facts=FactsDef(("plan_points", "deadline")))
    hashes = {compile_watch(w).rules_hash for w in (rules, moved, changed, facts)}
    assert len(hashes) == 3
    assert compile_watch(moved).rules_hash == MATCHER.rules_hash


WORDS = st.one_of(
    st.sampled_from(
        ["Гарантії", "безпеки", "України", "Зеленський", "НАТО", "guarantees", "security", "Kyiv", "Rubio"]
    ),
    st.sampled_from(["peace", "plan", "28", "points", "Olena", "social", "loan", "gaza", "x", ".", "\n"]),
)


@given(st.lists(WORDS, max_size=60), st.lists(WORDS, max_size=12))
@settings(max_examples=60)
def test_an_unrelated_pattern_changes_nothing(words: list[str], title: list[str]) -> None:
    """Adding a term that matches nothing leaves the judgement as it is, but for the hash."""
    text = article(" ".join(words), " ".join(title))
    rules = ukraine_watch()
    more = compile_watch(replace(rules, terms=(*rules.terms, term("zz", "qqqqq*\n*wwwww*\nqqqqq ~4 wwwww"))))
    assert replace(more.judge(text), rules_hash="") == replace(MATCHER.judge(text), rules_hash="")


@given(st.lists(WORDS, max_size=60), st.lists(WORDS, max_size=20), st.lists(WORDS, max_size=60))
@settings(max_examples=60)
def test_the_page_gate_never_skips_what_would_fire(before: list[str], words: list[str], after: list[str]) -> None:
    """If an article fires, so does the gate on any page that has the article somewhere in its visible text."""
    body = " ".join(words)
    if MATCHER.judge(article(body)).level is not None:
        assert MATCHER.may_fire(" ".join(before) + "\n" + body + "\n" + " ".join(after))


def test_the_page_gate_skips_other_pages() -> None:
    """A page without the words is not worth extracting."""
    assert not MATCHER.may_fire("Der Verein gewann das Spiel. Kontakt. Impressum. Security guarantees? Nein.")
    assert not MATCHER.may_fire("")


HOSTILE = {
    "one word": "security " * 22_000,
    "two words": "guarantee security " * 10_000,
    "all words": "Ukraine Zelensky security guarantee Rubio peace plan 28 points " * 3_000,
    "no spaces": "гарантії" * 25_000,
    "one sentence": "гарантії слово безпеки " * 8_000,
    "sentences": "Security guarantees. " * 9_500,
    "chinese": "安全保障" * 50_000,
    "chinese, nearly": "安全保" * 66_000,
    "arabic": "والضمانات الامنية " * 11_000,
    "numbers": "28 points plan 600 000 000 " * 7_500,
    "names": "Olena Zelensky Zelensky " * 8_000,
    "different words": " ".join(f"w{i}" for i in range(30_000)),
    "prefixes": " ".join("abcdefghij"[: i % 10 + 1] * 3 for i in range(15_000)),
    "marks": "«28».,;!?" * 20_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_take_bounded_time(name: str) -> None:
    """No text of the greatest size takes long, whatever it repeats."""
    text = ArticleText(HOSTILE[name][:2_000], HOSTILE[name][:200_000], HOSTILE[name][:200_000], "page")
    begin = time.perf_counter()
    judgement = MATCHER.judge(text)
    assert time.perf_counter() - begin < 6
    assert len(judgement.matches) <= 3 * MAX_HITS * 12


@given(st.text(max_size=300), st.text(max_size=80))
def test_any_text_is_judged(text: str, title: str) -> None:
    """Nothing makes it fail, and every span slices to its text."""
    given_text = article(text, title)
    for match in MATCHER.judge(given_text).matches:
        assert getattr(given_text, match.field)[match.start : match.end] == match.text


PATTERNS = st.lists(
    st.sampled_from(
        ["гаранті*", "безпек*", "security", "*arant*", "=НАТО", "{kyiv|rubio}", "28 points", "peace ~4 plan"]
    ),
    min_size=1, max_size=4, unique=True,
)  # fmt: skip


@given(st.lists(WORDS, max_size=60), st.lists(WORDS, max_size=12), PATTERNS)
@settings(max_examples=60)
def test_a_term_that_no_topic_uses_changes_no_topic(words: list[str], title: list[str], patterns: list[str]) -> None:
    """Though its words are those of other terms and of the text: it adds its own matches, and nothing else."""
    text = article(" ".join(words), " ".join(title))
    rules = ukraine_watch()
    more = compile_watch(replace(rules, terms=(*rules.terms, term("zz", "\n".join(patterns))))).judge(text)
    kept = tuple(match for match in more.matches if match.concept != "zz")
    assert replace(more, matches=kept, rules_hash="") == replace(MATCHER.judge(text), rules_hash="")


@given(st.lists(WORDS, max_size=60), st.lists(WORDS, max_size=12))
@settings(max_examples=60)
def test_spans_slice_to_what_was_found(words: list[str], title: list[str]) -> None:
    """Matches, facts and evidence are slices of the strings that they name; marks lie within the evidence."""
    text = article(" ".join(words), " ".join(title))
    judgement = MATCHER.judge(text)
    spans: tuple[Match | Fact, ...] = (*judgement.matches, *judgement.facts)
    for found in spans:
        assert getattr(text, found.field)[found.start : found.end] == found.text != ""
    if judgement.evidence is not None:
        evidence = judgement.evidence
        assert getattr(text, evidence.field)[evidence.start :].startswith(evidence.text)
        assert all(0 <= start < end <= len(evidence.text) for start, end in evidence.marks)


REPEATED = {
    "one matching phrase": "гарантії безпеки України ",
    "one word": "гарантії ",
    "no spaces": "гарантії",
    "no sentences": "гарантії слово безпеки ",
    "full stops": ".",
    "abbreviations": "Mr. Mrd. ",
    "numbers": "600 000 ",
    "points": "28 points of the plan ",
    "marks": "ि",
    "joiners": "می\u200c",
    "chinese": "安全保障",
    "names": "Zelensky Rubio NATO ",
    "mixed alphabets": "Гaрaнтiї ",
}


@pytest.mark.parametrize("piece", REPEATED.values(), ids=REPEATED)
def test_long_hostile_texts_are_judged_within_the_caps(piece: str) -> None:
    """200,000 characters of the same: no more mentions than the caps allow, and the time limit of a test holds."""
    text = (piece * (200_000 // len(piece) + 1))[:200_000]
    judgement = MATCHER.judge(article(text))
    counts = Counter((match.concept, match.field) for match in judgement.matches)
    assert all(count <= MAX_HITS for count in counts.values())
