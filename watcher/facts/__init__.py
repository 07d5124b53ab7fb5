"""Facts: plan versions, quantities, dates and deadlines, claims and denials.

Everything is found with word tables: no regular expressions, no clock, no I/O; the cost grows with the length of the
text. A fact is what the text says in so many words, with the place where it says it, not a statement of truth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final, Protocol

from watcher.facts.cues import built_in, built_in_units
from watcher.facts.dates import find_dates
from watcher.facts.lexicon import Entry, Lexicon, Role
from watcher.facts.page import Page
from watcher.facts.points import find_points
from watcher.facts.quantities import SYMBOLS, find_quantities
from watcher.facts.stances import find_stances
from watcher.facts.unspaced import find_unspaced
from watcher.model import EntityId, Fact, Field
from watcher.text import Tokens

__all__ = ["KINDS", "Cues", "FactCues", "find_facts", "nameable"]

KINDS: Final = ("plan_points", "quantity", "date", "deadline", "stance")

_Speakers = Mapping[Field, Sequence[tuple[int, int, EntityId]]]


class Cues(Protocol):
    """What :class:`FactCues` has; the definitions of a watch have it too."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of fact wanted."""

    @property
    def cues(self) -> tuple[tuple[str, str, str], ...]:
        """Further words, as :class:`FactCues` describes them."""


@dataclass(frozen=True, slots=True)
class FactCues:
    """What to look for, and words to recognise besides the built-in ones.

    Attributes:
        kinds: of ``KINDS``; others are ignored.
        cues: (kind, language, word): the kind is ``points`` or ``plan`` (words for points and for the plan),
            ``deadline``, ``unit.UNIT`` (such as ``unit.troops``) or ``stance.CLASS`` (such as ``stance.deny``); the
            language an ISO 639-1 code or ``*``; a word may end in a star. Cues of other kinds are ignored.
    """

    kinds: tuple[str, ...] = KINDS
    cues: tuple[tuple[str, str, str], ...] = ()


def find_facts(
    fields: Mapping[Field, tuple[str, Tokens]],
    *,
    published_at: datetime | None = None,
    speakers: _Speakers | None = None,
    definition: Cues | None = None,
) -> tuple[Fact, ...]:
    """The facts of an article, field by field, in the order of the text.

    Args:
        fields: canonical text and its tokens, as :func:`watcher.text.tokenize` gives them.
        published_at: what dates without a year are resolved against; None leaves those out.
        speakers: (start, end, id) of the entities that can speak, in the text of each field.
        definition: the kinds wanted and further words; None for all kinds and the built-in words.

    Returns:
        At most ``page.MAX_FACTS`` of a kind and field. Spans are slices of the text of their field.
    """
    definition = definition or FactCues()
    lexicon = _lexicon(definition.cues)
    pages = [
        Page(field, text, tokens, lexicon, (speakers or {}).get(field, ())) for field, (text, tokens) in fields.items()
    ]
    order = {page.field: place for place, page in enumerate(pages)}
    found = [fact for fact in _found(pages, published_at, frozenset(definition.kinds)) if fact.kind in definition.kinds]
    return tuple(sorted(set(found), key=lambda fact: (order[fact.field], fact.start, fact.end, fact.kind, fact.value)))


def _found(pages: Sequence[Page], published_at: datetime | None, kinds: frozenset[str]) -> Iterator[Fact]:
    published = published_at.date() if published_at else None
    if "plan_points" in kinds:
        yield from find_points(pages)
    for page in pages:
        if "quantity" in kinds:
            yield from find_quantities(page)
        if kinds & {"date", "deadline"}:
            yield from find_dates(page, published)
        if "stance" in kinds:
            yield from find_stances(page)
    yield from find_unspaced(pages, kinds, published)


def nameable(definition: Cues) -> frozenset[str]:
    """What a rule can name: the kinds wanted, and ``quantity.UNIT`` for each unit, further ones included."""
    further = {kind.partition(".")[2] for kind, _, _ in definition.cues if kind.startswith("unit.")}
    units = built_in_units() | further | {*SYMBOLS.values(), "percent"}
    named = {f"quantity.{unit}" for unit in units if "quantity" in definition.kinds}
    return frozenset({*definition.kinds, *named})


@lru_cache(maxsize=8)
def _lexicon(cues: tuple[tuple[str, str, str], ...]) -> Lexicon:
    """The table of built-in and further words: made once for each set of cues, since that takes 20 ms."""
    return Lexicon([*built_in(), *(entry for cue in cues for entry in _entry(*cue))])


def _entry(kind: str, language: str, word: str) -> Iterator[Entry]:
    name, _, value = kind.partition(".")
    roles = {
        "points": Role.POINT,
        "plan": Role.PLAN,
        "deadline": Role.DEADLINE,
        "unit": Role.UNIT,
        "stance": Role.STANCE,
    }
    if name in roles and len(word.rstrip("*")) >= 2:
        yield roles[name], language or "*", value, 0, word
