"""The pattern language: what it compiles to, and what it refuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.watching import article, term, watch
from watcher.matching import compile_pattern, compile_watch
from watcher.matching.patterns import MAX_VARIANTS, Naming, PatternError, parse


def found(pattern: str, text: str) -> list[str]:
    """The pieces of a text that a pattern matches."""
    return [match.text for match in compile_pattern(pattern).judge(article(text)).matches]


@pytest.mark.parametrize(
    ("pattern", "text", "pieces"),
    [
        ("guarantee", "A guarantee, guarantees and Guarantee.", ["guarantee", "Guarantee"]),
        ("guarantee*", "A guarantee and guarantees; a reguarantee", ["guarantee", "guarantees"]),
        ("*plan", "Friedensplan, Plan, Planung", ["Friedensplan", "Plan"]),
        ("*friedenspl*", "Der Ukrainefriedensplanentwurf", ["Ukrainefriedensplanentwurf"]),
        ("=NATO", "NATO, Nato, nato", ["NATO"]),
        ("=Nato*", "Nato, Natostaaten, NATO, natostaaten", ["Nato", "Natostaaten"]),
        ("peace plan", "peace plan; peace-plan; peace and plan; plan peace", ["peace plan", "peace-plan"]),
        ("peace {plan|deal*}", "peace deals, peace plan, peace plans", ["peace deals", "peace plan"]),
        ("peace {plan|road map} now", "peace road map now. Peace plan now.", ["peace road map now", "Peace plan now"]),
        ("long? term plan", "long term plan, term plan", ["long term plan", "term plan"]),
        ("the {big|new}? plan", "the plan, the new plan, the old plan", ["the plan", "the new plan"]),
        ("a ~2 b", "a b\nb a\na x x b\na x x x b", ["a b", "b a", "a x x b"]),
        ("a >2 b", "a b\nb a\na x x b", ["a b", "a x x b"]),
        ("a ~0 b", "a b\na x b\nb a", ["a b", "b a"]),
        ("a ~1 b c ~1 d", "a x b c x d\nd b c a\nb c d", ["a x b c x d", "d b c a"]),
        ("a ~5 b", "a. B", []),
        ("a b", "a. B", []),
        ("a ~5 b", "a\nb", []),
        ("28-point plan", "the 28‑point plan, 28 point plan", ["28‑point plan", "28 point plan"]),
        ("зобов'язання", "зобов’язання, зобовʼязання", ["зобов’язання", "зобовʼязання"]),
        ("гаранті*", "Гара\u0301нтії, гаран\xadтій, Гарантiї", ["Гарантії", "гарантій", "Гарантiї"]),
        ("ещё", "еще и ещё", ["еще", "ещё"]),
        ("安全保障", "乌克兰安全保障问题", ["安全保障"]),
        ("安全 ~4 保障", "安全的国际保障", ["安全的国际保障"]),
        ("ゼレンスキー", "ゼレンスキー大統領", ["ゼレンスキー"]),
        ("ضمان*", "والضمانات وضمان للضمانات", ["والضمانات", "وضمان", "للضمانات"]),
        ("الأمن", "أمن والأمن للأمن بأمن", ["أمن", "والأمن", "للأمن", "بأمن"]),
        ("=أمن", "أمن والأمن", ["أمن"]),
        ("ضمانات أمنية", "الضَّمانات الأمنيّة", ["الضمانات الأمنية"]),
        ("güvenlik garanti*", "GÜVENLİK GARANTİLERİ", ["GÜVENLİK GARANTİLERİ"]),
        ("zelenskiy", "Zelenskiy'nin", ["Zelenskiy"]),
        ("garanții", "garanţii", ["garanţii"]),
        ("U.S. Senate", "The U.S. Senate", ["U.S. Senate"]),
        ("bahn*", "Bahnhof ＢＡＨＮ", ["Bahnhof", "ＢＡＨＮ"]),
    ],
)
def test_what_a_pattern_finds(pattern: str, text: str, pieces: list[str]) -> None:
    """Each construct of the language finds what the table of the language says."""
    assert found(pattern, text) == pieces


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("", "empty"),
        ("ab*", "fewer than 3 letters"),
        ("*ab*", "fewer than 3 letters"),
        ("=ab*", "fewer than 3 letters"),
        ("pla*ning", "star inside a word"),
        ("*", "no letters"),
        ("…", "no letters"),
        ("~4 plan", "nothing to its left"),
        ("peace ~4", "ends without a word"),
        ("peace ~ plan", "needs a number"),
        ("peace ~x plan", "needs a number"),
        ("peace ~99 plan", "more than 50"),
        ("{a|b", "cannot be read"),
        ("a|b", "space is missing"),
        ("a{b|c}", "space is missing"),
        ("{a|b}c", "cannot be read"),
        ("{a|}", "alternative is empty"),
        ("{}", "alternative is empty"),
        ("{a ~2 b|c}", "inside braces"),
        ("{a?|b}", "inside braces"),
        ("{a|{b|c}}", "cannot be read"),
        ("plan?", "may be missing"),
        ("a ~3 b?", "may be missing"),
        ("a? b? c? d? e? f? g? h", "ways to read it"),
        ("a " * 21, "more than 20 words"),
    ],
)
def test_what_is_refused(pattern: str, message: str) -> None:
    """A pattern that cannot work is refused, with what is wrong and what to do."""
    with pytest.raises(PatternError, match=message) as error:
        parse(pattern)
    assert error.value.remedy


@given(st.text(st.sampled_from(list("ab{}|?~>*= 123гар'-安ض\n"))))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Reading a pattern ends in variants or in a PatternError, never otherwise, and never in too many."""
    try:
        variants = parse(text)
    except PatternError:
        return
    assert 0 < len(variants) <= MAX_VARIANTS
    assert all(variant.parts and all(variant.parts) for variant in variants)


def test_a_capital_word_in_a_name_is_exact() -> None:
    """An acronym as a name is taken as written, so that US is not us."""
    naming = Naming("en", "", capital=True)
    ((atom,),) = parse("US", naming)[0].slots
    assert (atom.case, atom.shape) == ("exact", "US")


def test_words_of_names_that_are_capital_must_be_capital() -> None:
    """Only the words that are written with a capital need one."""
    naming = Naming("en", "", capital=True)
    cases = [atom.case for slot in parse("Ursula von der Leyen", naming)[0].slots for atom in slot]
    assert cases == ["capital", "any", "any", "capital"]


def test_the_kinds_of_wildcards_are_told_apart_in_one_table() -> None:
    """Patterns of all kinds and languages together give what each gives alone."""
    rows = "план\nплан*\n*план\n*план*\nplan\n=PLAN"
    matcher = compile_watch(watch(*(term(f"t{i}", row) for i, row in enumerate(rows.splitlines()))))
    matches = matcher.judge(article("план плани мегаплан мегапланом PLAN")).matches
    by_term = {c: [m.text for m in matches if m.concept == c] for c in ("t0", "t1", "t2", "t3", "t4", "t5")}
    assert by_term == {
        "t0": ["план"],
        "t1": ["план", "плани"],
        "t2": ["план", "мегаплан"],
        "t3": ["план", "плани", "мегаплан", "мегапланом"],
        "t4": ["PLAN"],
        "t5": ["PLAN"],
    }
