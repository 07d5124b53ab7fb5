"""Spellings of names that the rules do not know.

A word with a capital, that no rule knows, is suggested when it sounds like a name that one knows, once both are written
in Latin letters.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from anyascii import anyascii
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import extractOne

from watcher.matching import Matcher
from watcher.matching.definitions import EntityDef
from watcher.model import Field
from watcher.suggesting.read import Read, written_at

ALIKE = 0.8
"""Names whose sounds differ by more than every fifth letter are not the same name."""
SHORTEST_NAME = 5
LONGEST_ENDING = 3
ALIKE_BUT_ENDING = 0.83
"""The same, when up to three letters of the word are taken for an ending."""


@dataclass(frozen=True, slots=True)
class Alias:
    """A word that may be a name of an entity.

    Attributes:
        word: the spelling; forms: all forms of it that were seen, and how often.
        like: the known spelling that it sounds like; similarity: from 0 to 1.
        sentence: where it stands, in the newest article, at ``url``.
        line: what the names of the language would be with it, as YAML; it belongs at ``where``.
    """

    entity: str
    name: str
    language: str
    word: str
    forms: tuple[tuple[str, int], ...]
    articles: int
    like: str
    similarity: float
    sentence: str
    url: str
    line: str
    where: str


_SOUNDS = (
    ("shch", "s"), ("sch", "s"), ("sh", "s"), ("cz", "c"), ("ch", "c"), ("kh", "h"), ("zh", "z"), ("ts", "c"),
    ("tz", "c"), ("th", "t"), ("ph", "f"), ("ck", "k"), ("x", "ks"), ("q", "k"), ("w", "v"), ("y", "i"), ("j", "i"),
)  # fmt: skip
_NAMED = frozenset(["person", "place"])


def sound(word: str) -> str:
    """How a word sounds, roughly, in Latin letters: the same for most transliterations of one name."""
    latin = re.sub("[^a-z]", "", anyascii(word).lower())
    for letters, said in _SOUNDS:
        latin = latin.replace(letters, said)
    return re.sub(r"(.)\1+", r"\1", latin)


@dataclass(frozen=True, slots=True)
class _Known:
    """A name that the rules know."""

    entity: EntityDef
    written: str


@dataclass(slots=True)
class _Seen:
    """A word that no rule knows, and where it was seen."""

    written: Counter[str]
    articles: int
    first: Read
    field: Field
    place: int


def find_aliases(matcher: Matcher, read: Sequence[Read]) -> list[Alias]:
    """Words that may be names the rules know in another spelling, those in the most articles first."""
    known = _known_names(matcher)
    sounds = list(known)
    groups: dict[tuple[str, str], list[tuple[str, _Seen, str, float]]] = defaultdict(list)
    for (word, language), seen in _strange_names(read).items():
        close = _closest(sound(word), sounds)
        if close is not None:
            groups[known[close[0]].entity.id, language].append((word, seen, *close))
    found = [
        _alias(known[like].entity, known[like].written, language, forms, similarity)
        for (_, language), words in groups.items()
        for like, similarity, forms in _families(words)
    ]
    return sorted(found, key=lambda alias: (-alias.articles, -alias.similarity, alias.word))


def _known_names(matcher: Matcher) -> dict[str, _Known]:
    """The surnames of people and the names of places, by their sound."""
    known: dict[str, _Known] = {}
    for entity in matcher.rules.watch.entities:
        if entity.kind not in _NAMED:
            continue
        for name in entity.names:
            words = name.text.split()
            written = words[-1].strip("=*")
            said = sound(written)
            if len(said) >= SHORTEST_NAME and written.isalpha() and (entity.kind == "person" or len(words) == 1):
                known.setdefault(said, _Known(entity, written))
    return known


def _strange_names(read: Iterable[Read]) -> dict[tuple[str, str], _Seen]:
    """Words that no rule knows and that are written with a capital, always; by word and language."""
    found: dict[tuple[str, str], _Seen] = {}
    small: set[str] = set()
    for each in read:
        mine: set[str] = set()
        for field, number, word, raw in each.unknown():
            if each.is_first_name(field, number):
                continue
            if raw[0].islower():
                small.add(word)
            elif raw[0].isupper() and not raw.isupper() and len(word) >= SHORTEST_NAME:
                key = (word, each.language)
                seen = found.setdefault(key, _Seen(Counter(), 0, each, field, number))
                seen.written[raw] += 1
                seen.articles += word not in mine
                mine.add(word)
    return {key: seen for key, seen in found.items() if key[0] not in small}


def _closest(said: str, sounds: Sequence[str]) -> tuple[str, float] | None:
    """The known sound that is most like one, or like its beginning: the rest may be an ending."""
    best: tuple[str, float] | None = None
    for cut in range(min(LONGEST_ENDING, len(said) - SHORTEST_NAME) + 1):
        beginning, least = said[: len(said) - cut], ALIKE_BUT_ENDING if cut else ALIKE
        close = extractOne(beginning, sounds, scorer=Levenshtein.normalized_similarity, score_cutoff=least)
        if close is not None and (best is None or close[1] > best[1]):
            best = close[0], close[1]
    return best


def _families(words: Sequence[tuple[str, _Seen, str, float]]) -> Iterator[tuple[str, float, list[_Seen]]]:
    """Forms of one word together: those that differ in their endings only."""
    left = sorted(words, key=lambda item: (len(item[0]), item[0]))
    while left:
        head = left[0][0]
        stem = head[: max(4, len(head) - 2)]
        family = [item for item in left if item[0].startswith(stem)]
        best = max(family, key=lambda item: item[3])
        yield best[2], best[3], [item[1] for item in family]
        left = [item for item in left if item not in family]


def _alias(entity: EntityDef, like: str, language: str, forms: Sequence[_Seen], similarity: float) -> Alias:
    written: Counter[str] = sum((seen.written for seen in forms), Counter())
    word = forms[0].written.most_common(1)[0][0]
    head = forms[0]
    tokens = head.first.scans[head.field].tokens
    listed = [name for name in entity.names if name.language == language]
    line = f"{language}: {_quoted(', '.join([*(name.text for name in listed), word]))}"
    return Alias(
        entity=entity.id,
        name=entity.name,
        language=language,
        word=word,
        forms=tuple(written.most_common()),
        articles=max(seen.articles for seen in forms),
        like=like,
        similarity=round(similarity, 2),
        sentence=head.first.text_of((head.field, tokens.sentences[head.place])),
        url=head.first.article.url,
        line=line,
        where=f"{written_at(listed[-1].source if listed else entity.source)}, names of {entity.id}",
    )


def _quoted(text: str) -> str:
    """A YAML scalar in double quotes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
