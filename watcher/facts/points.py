"""Versions of the plan: every N of an "N-point plan", in digits or words, and the N to which it was cut.

A number next to a word for points is only a candidate; it counts with a word for a plan near, with a verb of cutting
or remaining, or in an article on Ukraine and a plan. Points of games, indices, settlements and checkpoints do not, nor
do the plans for other wars.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Final

from watcher.facts.lexicon import ANY_LANGUAGE, Role
from watcher.facts.page import HYPHENS, MAX_FACTS, Number, Page
from watcher.facts.reading import number_ending, number_starting
from watcher.facts.tables import words
from watcher.model import Fact

KIND: Final = "plan_points"
_SURE, _LIKELY, _POSSIBLE = 0.95, 0.7, 0.6
_SMALL = 10
_ORDINAL: Final = frozenset(words("й го му ый ой я е м ом ої th st nd rd er ème ci мя"))
_BREAKS: Final = frozenset(",;:.!?()[]{}|/\n\u2026\u060c\u061b")
_LONG_TEXT: Final = 40
"""Words in which an article on the Ukraine plan would have named Ukraine, Russia or one of the negotiators."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A number and its word for points.

    Attributes:
        noun: the place of the word for points.
        adjective: the two make an adjective ("28-point").
        has_plan: the word itself says plan ("28-Punkteplan").
    """

    number: Number
    noun: int
    languages: int
    adjective: bool
    has_plan: bool = False


class Background:
    """What the whole article is about, as far as it bears on its plans."""

    def __init__(self, pages: Sequence[Page]) -> None:
        subjects = sum((page.subjects() for page in pages), Counter[Role]())
        self.ukraine = subjects[Role.UKRAINE]
        self.elsewhere = subjects[Role.ELSEWHERE]
        self.plan = subjects[Role.PLAN] > 0
        self.game = subjects[Role.GAME] > 0
        self.long = sum(page.size for page in pages) >= _LONG_TEXT

    @property
    def other_war(self) -> bool:
        """More is said of another war than of this one, or a long text says nothing of this one."""
        return self.elsewhere > self.ukraine or (self.long and not self.ukraine)


def find_points(pages: Sequence[Page]) -> Iterator[Fact]:
    """All versions of the plan named in the pages."""
    background: Background | None = None
    for page in pages:
        candidates = list(_candidates(page))[: 4 * MAX_FACTS]
        if candidates and background is None:
            background = Background(pages)
        found: list[Fact] = []
        for candidate in candidates:
            assert background is not None
            found += _judge(page, candidate, background)
        yield from _without_overlaps(found)


def _without_overlaps(facts: Sequence[Fact]) -> list[Fact]:
    kept: list[Fact] = []
    taken: set[tuple[str, int]] = set()
    for fact in sorted(facts, key=lambda fact: (fact.start, -fact.confidence)):
        if (fact.value, fact.start) not in taken:
            taken.add((fact.value, fact.start))
            kept.append(fact)
    return kept[:MAX_FACTS]


# --- candidates --------------------------------------------------------------------------------------------------


def _candidates(page: Page) -> Iterator[Candidate]:
    glued = [place for place in page.digits if not page.words[place].isdecimal()]
    for noun in sorted({*page.triggers[Role.POINT], *page.compounds, *glued}):
        found = _in_one_word(page, noun) or _before_noun(page, noun) or _after_noun(page, noun)
        if found:
            yield found


def _in_one_word(page: Page, place: int) -> Candidate | None:
    """``28bodový``, ``двадцятипунктний``, ``zwanzigpunkteplan``."""
    known = page.known[place]
    found = known.compound
    if known.digits and not known.digits[0] and known.digits[2] and len(known.digits[1]) <= 2:
        found = int(known.digits[1]), known.digits[2]
    if found is None:
        return None
    value, tail = found
    sense = page.look(tail, Role.POINT)
    if sense is None and not known.compound:
        return None
    languages = sense.languages if sense else ANY_LANGUAGE
    return Candidate(Number(value, place, place), place, languages, adjective=True, has_plan="plan" in tail)


def _before_noun(page: Page, noun: int) -> Candidate | None:
    """The number before the word for points, at most two adjectives away."""
    senses = page.senses(noun, Role.POINT)
    languages = reduce(or_, (sense.languages for sense in senses), 0)
    for gap in range(3):
        last = noun - 1 - gap
        if last < 0 or page.sentences[last] != page.sentences[noun]:
            return None
        number = number_ending(page, last, languages)
        if number:
            hyphen = gap == 0 and page.between(last, noun).strip() in HYPHENS
            adjective = hyphen or any(sense.value == "adj" for sense in senses)
            found = Candidate(number, noun, languages, adjective, has_plan="plan" in page.words[noun])
            return found if _joins(page, number, noun) else None
        if not _can_be_skipped(page, last, languages, gap):
            return None
    return None


def _can_be_skipped(page: Page, place: int, languages: int, gap: int) -> bool:
    """Whether the word may stand between the number and its points: an adjective, or "de" right before the noun."""
    if page.sense(place, Role.POINT) or page.sense(place, Role.NOT_POINT_BEFORE, languages):
        return False
    if page.words[place] in _ORDINAL or not page.words[place].isalpha():
        return False
    return gap == 0 or not page.sense(place, Role.PARTITIVE, languages)


def _joins(page: Page, number: Number, noun: int) -> bool:
    """Whether number and noun belong together: no comma between them, no month before ("27 November points")."""
    if noun - number.last > 1 and not _BREAKS.isdisjoint(page.between(number.last, noun)):
        return False
    places = range(number.last + 1, noun)
    if any(page.sense(place, Role.MONTH) or page.sense(place, Role.UNIT) for place in places):
        return False
    before = page.sense(number.first - 1, Role.MONTH)
    return not before or number.first == 0 or not page.between(number.first - 1, number.first).isspace()


def _after_noun(page: Page, noun: int) -> Candidate | None:
    """Arabic puts the number after the definite noun: ``النقاط الـ28``."""
    sense = page.senses(noun, Role.POINT)[0] if page.senses(noun, Role.POINT) else None
    if sense is None or not "\u0600" <= page.words[noun][0] <= "\u06ff" or noun + 1 >= page.size:
        return None
    number = number_starting(page, noun + 1, sense.languages)
    if number is None or not page.words[noun].startswith(("ال", "لل", "بال")) or page.sense(number.last + 1, Role.UNIT):
        return None
    return Candidate(number, noun, sense.languages, adjective=False)


# --- judging -----------------------------------------------------------------------------------------------------


def _judge(page: Page, candidate: Candidate, background: Background) -> Iterator[Fact]:
    confidence = _confidence(page, candidate, background)
    if confidence is None:
        return
    span = (min(candidate.number.first, candidate.noun), max(candidate.number.last, candidate.noun))
    whole = _whole(page, candidate)
    if whole is not None:
        yield page.fact(KIND, str(whole.value), (candidate.number.first, whole.last), confidence=confidence)
        if not _changed(page, candidate):
            return
    yield page.fact(KIND, str(candidate.number.value), span, confidence=confidence)
    for number in _others(page, candidate):
        yield page.fact(KIND, str(number.value), (number.first, number.last), confidence=_LIKELY)


def _confidence(page: Page, candidate: Candidate, background: Background) -> float | None:
    """How sure it is that the candidate is a version of the Ukraine plan; None if it is not."""
    if _other_kind_of_point(page, candidate) or _elsewhere(page, candidate, background):
        return None
    changed = _changed(page, candidate)
    if candidate.has_plan or _tight_plan(page, candidate):
        return _SURE
    if candidate.number.value < _SMALL and not (changed and _pair_is_large(page, candidate)):
        return None
    if page.first_with(page.window(candidate.noun), Role.GAME, candidate.languages) is not None:
        return None
    if page.first_with(page.window(candidate.noun, 12, 10), Role.PLAN) is not None:
        return _SURE
    return _LIKELY if changed else _by_background(page, candidate, background)


def _by_background(page: Page, candidate: Candidate, background: Background) -> float | None:
    """The article is on Ukraine and a plan, or at least on nothing with points of its own."""
    if not background.ukraine or _has_percent(page, candidate):
        return None
    settlements = "\u0400" <= page.words[candidate.noun][0] <= "\u04ff"
    return _POSSIBLE if background.plan or not (background.game or settlements) else None


def _other_kind_of_point(page: Page, candidate: Candidate) -> bool:
    noun, languages = candidate.noun, candidate.languages
    between = range(candidate.number.last + 1, noun)
    if page.first_with([*between, candidate.number.first - 1], Role.NOT_POINT_BEFORE, languages) is not None:
        return True
    for place in page.window(noun, 0, 2)[1:]:
        if page.sense(place, Role.PLAN) or not _BREAKS.isdisjoint(page.between(place - 1, place)):
            return False
        if page.sense(place, Role.NOT_POINT_AFTER, languages):
            return True
    return False


def _tight_plan(page: Page, candidate: Candidate) -> bool:
    """A plan right by: "28-point peace plan", "план із 28 пунктів", "a plan that has 28 points"."""
    noun, first = candidate.noun, candidate.number.first
    if candidate.adjective:
        for place in page.window(noun, 0, 4)[1:]:
            if not _BREAKS.isdisjoint(page.between(place - 1, place)):
                break
            if page.sense(place, Role.PLAN):
                return True
    for place in reversed(page.window(first, 3, 0)[:-1]):
        if not _BREAKS.isdisjoint(page.between(place, place + 1)):
            return False
        if page.sense(place, Role.PLAN):
            return True
    return False


def _changed(page: Page, candidate: Candidate) -> bool:
    """A verb of cutting or remaining stands near."""
    near = page.window(candidate.noun, 8, 8)
    return (
        page.first_with(near, Role.REMAIN, candidate.languages) is not None
        or page.first_with(near, Role.CUT, candidate.languages) is not None
    )


def _pair_is_large(page: Page, candidate: Candidate) -> bool:
    return any(number.value >= _SMALL for number in _others(page, candidate))


def _has_percent(page: Page, candidate: Candidate) -> bool:
    near = page.window(candidate.noun, 12, 12)
    return "%" in page.text[page.starts[near[0]] : page.ends[near[-1]] + 1]


def _elsewhere(page: Page, candidate: Candidate, background: Background) -> bool:
    """The plan is for another war: by the sentence if it names one, else by the article."""
    near = page.window(candidate.noun)
    other = _distance(page, near, Role.ELSEWHERE, candidate.noun)
    ours = _distance(page, near, Role.UKRAINE, candidate.noun)
    if other is None:
        return ours is None and background.other_war
    return ours is None or (other <= 4 and other < ours)


def _distance(page: Page, places: range, role: Role, place: int) -> int | None:
    return min((abs(other - place) for other in page.all_with(places, role)), default=None)


# --- second values -----------------------------------------------------------------------------------------------


def _whole(page: Page, candidate: Candidate) -> Number | None:
    """The 28 of "19 points of 28"."""
    places = page.window(candidate.noun, 0, 3)[1:]
    for place in places:
        if page.sense(place, Role.PARTITIVE, candidate.languages):
            for start in (place + 1, place + 2):
                number = number_starting(page, start, candidate.languages) if start < page.size else None
                if number and number.value > candidate.number.value and _ends_phrase(page, number, candidate.languages):
                    return number
    return None


def _others(page: Page, candidate: Candidate) -> Iterator[Number]:
    """Numbers without a word for points that belong to the same plan: "from 28 to 19 points", "cut to 19"."""
    yield from _paired(page, candidate)
    seen_until = candidate.noun
    for place in page.window(candidate.noun, 0, 14)[1:]:
        if place > seen_until:
            number = number_starting(page, place, candidate.languages)
            if number:
                seen_until = number.last
                if _is_new_version(page, number, candidate):
                    yield number
    yield from _remaining_in_next_sentence(page, candidate)
    for place in page.window(candidate.number.first, 8, 0)[:-1]:
        if page.sense(place, Role.INSTEAD, candidate.languages):
            yield from _named_instead(page, place, candidate.languages)


def _named_instead(page: Page, place: int, languages: int) -> Iterator[Number]:
    """The 28 of "instead of 28, the plan has 19 points": it needs no noun, but must not have one of its own."""
    for start in page.window(place, 0, 2)[1:]:
        number = number_starting(page, start, languages)
        if number:
            after = number.last + 1
            others = (Role.UNIT, Role.MULTIPLIER, Role.MONTH, Role.POINT)
            if not any(page.sense(after, role) for role in others):
                yield number
            return


def _paired(page: Page, candidate: Candidate) -> Iterator[Number]:
    """The 28 of "28 to 19 points", "28 or 19 points", "28-19 points", "28- and 19-point"."""
    first = candidate.number.first
    if first == 0 or candidate.noun < first:
        return
    joined = page.sense(first - 1, Role.AND, candidate.languages) or page.sense(
        first - 1, Role.TOWARDS, candidate.languages
    )
    last = first - 2 if joined else first - 1
    if last < 0 or page.sentences[last] != page.sentences[first]:
        return
    if not joined and page.between(last, first).strip() not in HYPHENS | {"\u2192", "->"}:
        return
    if page.sense(last, Role.POINT, candidate.languages):
        return
    number = number_ending(page, last, candidate.languages)
    if number and not page.sense(number.first - 1, Role.MONTH) and "%" not in page.after(last, 2):
        yield number


def _is_new_version(page: Page, number: Number, candidate: Candidate) -> bool:
    languages = candidate.languages
    if not _ends_phrase(page, number, languages):
        return False
    before = range(max(candidate.noun + 1, number.first - 2), number.first)
    if page.first_with(before, Role.REMAIN, languages) is not None:
        return True
    if page.first_with(range(number.last + 1, number.last + 3), Role.REMAIN, languages) is not None:
        return page.sentences[number.last] == page.sentences[candidate.noun]
    if page.first_with(before, Role.INSTEAD, languages) is not None:
        return True
    towards = page.first_with(before, Role.TOWARDS, languages) is not None
    return towards and page.first_with(page.window(candidate.noun, 10, 16), Role.CUT, languages) is not None


def _ends_phrase(page: Page, number: Number, languages: int) -> bool:
    """No noun of its own follows the number: the sentence, a pause or a little word does."""
    after = number.last + 1
    if after >= page.size or page.sentences[after] != page.sentences[number.last]:
        return "%" not in page.after(number.last, 2)
    gap = page.between(number.last, after)
    if any(char in "%$€£°" for char in gap):
        return False
    if any(char in _BREAKS or char in '"»”“’)–—' for char in gap):
        return not gap.strip().startswith(("/", ":"))
    return any(
        page.sense(after, role, languages) for role in (Role.FUNCTION, Role.CUT, Role.REMAIN, Role.POINT, Role.AND)
    )


def _remaining_in_next_sentence(page: Page, candidate: Candidate) -> Iterator[Number]:
    """The 19 of "The plan had 28 points. Only 19 remain."."""
    end = page.window(candidate.noun)[-1] + 1
    if end >= page.size or candidate.number.value < _SMALL:
        return
    for place in page.window(end, 0, 8):
        number = number_starting(page, place, candidate.languages)
        if number is None or not _ends_phrase(page, number, candidate.languages):
            continue
        around = [number.first - 1, number.first - 2, number.last + 1]
        if page.first_with(around, Role.REMAIN, candidate.languages) is not None:
            yield number
