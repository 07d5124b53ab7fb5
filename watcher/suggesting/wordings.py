"""Wordings that the rules do not know.

A wording is suggested when an article tells what a hit tells, nearly word by word, and yet did not fire: it is what
stands there instead of the words that matched. An article whose gate was open, but whose points were too few, is shown
with its telling sentence.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from zlib import crc32

from watcher.matching import Matcher
from watcher.matching.definitions import TermDef, TopicDef
from watcher.matching.topics import leaves
from watcher.model import Archived, Field, Match, TopicScore
from watcher.suggesting.read import Read, written_at
from watcher.text import tokenize

COPIED = 0.5
"""Of the shorter of two articles, this share of its word sequences makes it a copy."""
SHINGLE = 4
SAMPLED = 4  # every fourth sequence tells as much as all of them
MIN_COMMON = 4
ALIGNED = 0.4
LONGEST_WORDING = 6
WORDS_SHOWN = 6
MATCHES_COMPARED = 10


@dataclass(frozen=True, slots=True)
class Wording:
    """An article that a topic should perhaps have fired on.

    Attributes:
        because: ``copy`` of a hit, or ``gate`` open without points enough.
        miss: why it did not fire.
        sentence: the one that tells most.
        words: those of the sentence that no rule knows, or that stand for the words of the hit.
        original, original_url: the sentence of the hit that it copies; else empty.
        line: a pattern for ``term``, to be put at ``where``; empty when only a person can say what it should be.
    """

    because: str
    topic: str
    title: str
    url: str
    language: str
    miss: str
    sentence: str
    words: tuple[str, ...]
    term: str
    line: str
    where: str
    original: str = ""
    original_url: str = ""


def shingles(texts: Iterable[str]) -> frozenset[int]:
    """A sample of the word sequences of some texts, as numbers."""
    found = set()
    for text in texts:
        words = tokenize(text).words
        for i in range(len(words) - SHINGLE + 1):
            number = crc32(" ".join(words[i : i + SHINGLE]).encode("utf-8", "surrogatepass"))
            if number % SAMPLED == 0:
                found.add(number)
    return frozenset(found)


def _article_shingles(article: Archived) -> frozenset[int]:
    return shingles((article.text.title, article.text.text or article.text.summary))


def find_copies(matcher: Matcher, read: Sequence[Read], others: Iterable[Archived]) -> Iterator[Wording]:
    """Articles that tell what a hit tells, nearly word by word, and did not fire."""
    hits = [each for each in read if each.article.level is not None and each.judgement.level is not None]
    marks = [_article_shingles(hit.article) for hit in hits]
    index: dict[int, list[int]] = defaultdict(list)
    for number, mark in enumerate(marks):
        for shingle in mark:
            index[shingle].append(number)
    for article in (*(each.article for each in read if each.article.level is None), *others):
        mine = _article_shingles(article)
        common = Counter(number for shingle in mine for number in index.get(shingle, ()))
        for number, count in common.most_common(1):
            if count >= MIN_COMMON and count >= COPIED * min(len(mine), len(marks[number])):
                copy = Read(matcher, article)
                if copy.judgement.level is None:
                    yield from _rewordings(matcher, copy, hits[number])


def _rewordings(matcher: Matcher, copy: Read, hit: Read) -> Iterator[Wording]:
    """What stands in a copy instead of the words that the strongest topic of the hit fired on."""
    topic = _topic(matcher, hit.judgement.fired[0].topic)
    there = {match.concept for match in copy.judgement.matches}
    for term in _terms(matcher, topic):
        matches = [match for match in hit.judgement.matches if match.concept == term.id][:MATCHES_COMPARED]
        aligned = [found for match in matches if (found := _aligned(copy, hit, match)) is not None]
        if aligned and term.id not in there:
            # a single word says too little to be a pattern, if there is more to be had
            best = max(aligned, key=lambda found: (len(found.words) > 1, found.share))
            yield Wording(
                because="copy",
                topic=topic.id,
                title=copy.article.text.title,
                url=copy.article.url,
                language=copy.language,
                miss=next(score.miss for score in copy.judgement.topics if score.topic == topic.id),
                sentence=copy.text_of(best.place),
                words=best.words,
                term=term.id,
                line=" ".join(best.words),
                where=_term_place(term, copy.language),
                original=hit.text_of(best.original),
                original_url=hit.article.url,
            )


def _topic(matcher: Matcher, name: str) -> TopicDef:
    return next(topic for topic in matcher.rules.watch.topics if topic.id == name)


def _terms(matcher: Matcher, topic: TopicDef) -> list[TermDef]:
    """The terms of a topic, those that give most points first."""
    points: dict[str, float] = {word: 0.0 for leaf in leaves(topic.when) for word in leaf.text.split()}
    for line in topic.score:
        for name in line.concepts:
            points[name] = max(points.get(name, 0.0), line.body)
    terms = [term for term in matcher.rules.watch.terms if points.get(term.id, -1.0) >= 0]
    return sorted(terms, key=lambda term: -points[term.id])


def _own_words(read: Read, match: Match) -> slice:
    """The words of a match, counted from the beginning of its sentence."""
    tokens = read.scans[match.field].tokens
    first = read.word(match)
    begin = tokens.sentences.index(tokens.sentences[first])
    last = sum(start < match.end for start in tokens.starts)
    return slice(first - begin, last - begin)


@dataclass(frozen=True, slots=True)
class _Aligned:
    """A sentence of a copy beside that of the hit: how alike they are, and the words instead of those that matched."""

    place: tuple[Field, int]
    original: tuple[Field, int]
    share: float
    words: tuple[str, ...]


def _aligned(copy: Read, hit: Read, match: Match) -> _Aligned | None:
    """What a copy says instead of a match of the hit; None when it has no sentence that is like that of the match."""
    original = hit.sentence(match)
    words, own = hit.words_of(original), _own_words(hit, match)
    rest = {word for i, word in enumerate(words) if not own.start <= i < own.stop}
    places = {place: copy.words_of(place) for place in copy.places()}
    shares = {place: len(rest & set(said)) / max(1, len(rest | set(said))) for place, said in places.items()}
    best = max(shares, key=lambda place: shares[place], default=None)
    if best is None or shares[best] < ALIGNED:
        return None
    instead = _instead(words, own, places[best])
    return _Aligned(best, original, shares[best], instead if len(instead) <= LONGEST_WORDING else ())


def _instead(words: Sequence[str], own: slice, said: Sequence[str]) -> tuple[str, ...]:
    """The words of the second list that stand where some words of the first one stand."""
    found: list[str] = []
    for kind, first, last, begin, end in SequenceMatcher(None, words, said, autojunk=False).get_opcodes():
        if first < own.stop and last > own.start:
            if kind == "equal":
                found += said[begin + max(0, own.start - first) : begin + min(last, own.stop) - first]
            else:
                found += said[begin:end]
    return tuple(found)


def _term_place(term: TermDef, language: str) -> str:
    listed = [pattern for pattern in term.patterns if pattern.language == language]
    return f"{written_at(listed[-1].source if listed else term.source)}, {language} of the term {term.id}"


# --- open gates --------------------------------------------------------------------------------------------------


def find_open_gates(matcher: Matcher, read: Sequence[Read]) -> list[Wording]:
    """Near misses whose gate is open, those first that are nearest to firing."""
    near = [(each, score) for each in read if (score := _still_near(each)) is not None]
    common = _common_words(read)
    found = []
    for each, score in sorted(near, key=lambda pair: -pair[1].score / pair[1].digest_at):
        concepts = {concept for line in score.lines for concept in line.concepts}
        matches = [match for match in each.judgement.matches if _concept(match) in concepts]
        place = Counter(each.sentence(match) for match in matches).most_common(1)[0][0]
        terms = _terms(matcher, _topic(matcher, score.topic))
        found.append(
            Wording(
                because="gate",
                topic=score.topic,
                title=each.article.text.title,
                url=each.article.url,
                language=each.language,
                miss=score.miss,
                sentence=each.text_of(place),
                words=_telling(each, place, common),
                term=terms[0].id if terms else "",
                line="",
                where=_term_place(terms[0], each.language) if terms else "",
            )
        )
    return found


def _still_near(each: Read) -> TopicScore | None:
    """The topic that nearly fired, if that is so by the rules as they are now, and its gate is open."""
    near = each.article.near
    if near is None or each.judgement.level is not None:
        return None
    return next((s for s in each.judgement.topics if s.topic == near.topic and s.gate and s.score > 0), None)


def _concept(match: Match) -> str:
    return f"fact.{match.concept}" if match.kind == "fact" else match.concept


def _common_words(read: Iterable[Read]) -> Mapping[str, int]:
    """In how many articles each unknown word is."""
    return Counter(word for each in read for word in {word for _, _, word, _ in each.unknown()})


def _telling(each: Read, place: tuple[Field, int], common: Mapping[str, int]) -> tuple[str, ...]:
    """The unknown words of a sentence, those first that are in the fewest articles; short ones tell nothing."""
    sentences = each.scans[place[0]].tokens.sentences
    words = {
        word
        for field, number, word, _ in each.unknown()
        if field == place[0] and sentences[number] == place[1] and len(word) > 3
    }
    return tuple(sorted(words, key=lambda word: (common.get(word, 0), word))[:WORDS_SHOWN])
