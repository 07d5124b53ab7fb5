"""Claims and denials: a verb of stance with the entity that speaks, if the sentence says who.

The speaker is the entity before the verb, or the one after it in "…, confirmed Rubio" and "denied by Rubio". A name
after a preposition does not speak. When in doubt the speaker stays empty: it is never guessed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from watcher.facts.lexicon import Role, Sense
from watcher.facts.page import MAX_FACTS, Page
from watcher.facts.tables import words
from watcher.model import EntityId, Fact

KIND: Final = "stance"
_BACK, _AHEAD = 12, 4
_MOST_SPEAKERS: Final = 40
_COMPLEMENTS: Final = frozenset(
    words("""
    that having to що ніби нібито что якобы будто że jakoby dass daß que qu che că że da dat att at če hogy että οτι
    ان بان ש כי de di zu аби щоб чтобы як
    """)
)
_ARTICLES: Final = frozenset(words("the a an his their its her this la una sua su sa une le les no"))
_NOUNS: Final = frozenset(
    words("""
    demand demands offers dispute disputes conferma menace propose refuse reclama exige amenaza minaccia accepta rejects
    """)
)
_QUOTES: Final = frozenset("\"'»”“’„«,–—-")


@dataclass(frozen=True, slots=True)
class Speaker:
    """An entity of the sentence by its first and last word."""

    entity: EntityId
    first: int
    last: int


def find_stances(page: Page) -> Iterator[Fact]:
    """The stances of a page, at most ``MAX_FACTS``."""
    speakers = _speakers(page)
    firsts = [speaker.first for speaker in speakers]
    count, previous = 0, -2
    for place in page.triggers[Role.STANCE]:
        sense = page.senses(place, Role.STANCE)[0]
        if count >= MAX_FACTS or place - previous <= 1 or _is_noun(page, place):
            continue
        if previous >= 0 and _is_reported(page, previous, place, firsts):
            continue
        previous = place
        window = page.window(place, _BACK + 8, _AHEAD + 2)
        low = bisect_left(firsts, window[0])
        high = min(bisect_left(firsts, window[-1] + 1), low + _MOST_SPEAKERS)
        yield _stance(page, place, sense, speakers[low:high])
        count += 1


def _is_reported(page: Page, previous: int, place: int, firsts: list[int]) -> bool:
    """The verb is what an earlier one is about: "denied that he had approved"."""
    if place - previous > _BACK or page.sentences[previous] != page.sentences[place]:
        return False
    if bisect_left(firsts, previous) != bisect_left(firsts, place):
        return False
    return not _COMPLEMENTS.isdisjoint(page.words[previous + 1 : place])


def _speakers(page: Page) -> list[Speaker]:
    found = []
    for start, end, entity in sorted(page.speakers)[: 8 * MAX_FACTS * 10]:
        first = bisect_left(page.starts, start, 0, page.size)
        last = bisect_left(page.starts, end, 0, page.size) - 1
        if first < page.size and last >= first:
            found.append(Speaker(entity, first, last))
    return found


def _is_noun(page: Page, place: int) -> bool:
    """An article before the word makes it a noun: "the demand", "a threat", "la conferma", "the offers"."""
    return (
        place > 0
        and page.words[place] in _NOUNS
        and page.words[place - 1] in _ARTICLES
        and page.sentences[place - 1] == page.sentences[place]
    )


def _stance(page: Page, place: int, sense: Sense, speakers: list[Speaker]) -> Fact:
    speaker, confidence = _speaker(page, place, speakers)
    negated = any(page.sense(at, Role.NEGATION, sense.languages) for at in page.window(place, 3, 0)[:-1]) or (
        page.words[place + 1 : place + 2] in {("pas",), ("nicht",)}
    )
    value = f"not_{sense.value}" if negated else sense.value
    first = min(place, speaker.first) if speaker else place
    last = max(place, speaker.last) if speaker else place
    return page.fact(KIND, value, (first, last), speaker=speaker.entity if speaker else "", confidence=confidence)


def _speaker(page: Page, place: int, speakers: list[Speaker]) -> tuple[Speaker | None, float]:
    after = [speaker for speaker in speakers if speaker.first > place and speaker.first - place <= _AHEAD]
    for speaker in after:
        if page.sense(speaker.first - 1, Role.AGENT) and speaker.first - place <= 3:
            return speaker, 0.8
    before = [speaker for speaker in speakers if speaker.last < place and place - speaker.last <= _BACK]
    subject = _subject(page, place, before)
    if subject:
        return subject, 0.8
    if after and after[0].first - place <= 3 and _is_inverted(page, place) and _can_speak(page, after[0]):
        return after[0], 0.7
    return None, 0.5


def _subject(page: Page, place: int, before: list[Speaker]) -> Speaker | None:
    """The nearest entity before the verb that can speak; the one before a relative clause if there is one."""
    able = [speaker for speaker in before if _can_speak(page, speaker)]
    for speaker in able:
        following = speaker.last + 1
        if page.sense(following, Role.RELATIVE) and "," in page.between(speaker.last, following):
            return speaker
    return able[-1] if able and not _breaks(page, able[-1], place) else None


def _can_speak(page: Page, speaker: Speaker) -> bool:
    """Not after a preposition, not in the possessive ("Rubio's aide")."""
    if page.after(speaker.last) in {"'", "\u2019"} and page.words[speaker.last + 1 : speaker.last + 2] == ("s",):
        return False
    previous = speaker.first - 1
    if previous < 0 or page.sentences[previous] != page.sentences[speaker.first]:
        return True
    return not page.sense(previous, Role.NOT_SPEAKER)


def _breaks(page: Page, speaker: Speaker, place: int) -> bool:
    """A semicolon or a colon between name and verb: another clause."""
    return not {";", ":"}.isdisjoint(page.between(speaker.last, place))


def _is_inverted(page: Page, place: int) -> bool:
    """The verb opens the sentence or follows a quotation: "…", confirmed Rubio."""
    if place == 0 or page.sentences[place - 1] != page.sentences[place]:
        return True
    return not _QUOTES.isdisjoint(page.between(place - 1, place))
