"""The pattern language: what an analyst writes, and what it is compiled to.

A pattern is a line of words. Words are compared after folding (:func:`watcher.text.fold`): case, kinds of apostrophe,
hyphen and quote, ё/е and ґ/г do not matter. Apostrophes and hyphens end words, in patterns as in texts, so
``28-point`` is the same as ``28 point``.

=====================  ==============================================================================================
write                  means
=====================  ==============================================================================================
``word``               this word
``word*``              a word that begins so (at least 3 letters before the star)
``*word``              a word that ends so
``*word*``             a word with this inside (German compounds)
``=NATO``              exactly these letters, capitals and small ones as written; ``=Nato*`` works too
``a b``                next to each other, in the same sentence
``{a|b}``              one of these; each may have several words: ``{article 5|chapter seven}``
``x?``, ``{a|b}?``     may be missing
``a ~4 b``             in one sentence, at most 4 words between them, in any order
``a >4 b``             the same, in this order
=====================  ==============================================================================================

``~`` and ``>`` bind weaker than a space: ``security guarantee* ~6 {ukraine|kyiv}`` wants the two words of the left
side together, and one of the right side near them. With several, it goes from left to right: ``a ~3 b ~3 c`` wants
``c`` near the stretch from ``a`` to ``b``. Nothing crosses the end of a sentence. Distances go up to 50.

In **names** of entities a plain word stands for all its forms where its language is declined: Ukrainian, Russian,
Polish, German and Czech (:mod:`watcher.matching.names`); a word in capitals alone (``NATO``, ``ЄС``, ``US``) is taken
as if it had ``=`` before it, so that ``US`` is not *us*. For people, places and outlets a word that is written with a
capital letter must have one in the text.

**Arabic**: a word also matches with و ف ب ل ك ال and their combinations written to its front (``ضمان*`` finds
والضمانات; ``أمن`` finds للأمن), unless it has ``=``; the article ال at the front of a pattern may be there or not.
Vowel signs and the tatweel are dropped from texts, variants of alef, ya and ta marbuta are one letter.

**Turkish** and other agglutinating languages: use ``word*``; what follows an apostrophe is a word of its own
(*Zelenskiy'nin*), so names need no star. ``İ``, ``I``, ``ı`` and ``i`` are one letter.

**Chinese and Japanese**: every character is a word, so ``安全保障`` is four adjacent words and is found inside running
text; stars mean nothing there; the distance of ``~`` and ``>`` counts characters.

Compiled, a pattern is a few *variants* without options: parts of adjacent *slots*, joined by distances. A slot is a set
of *atoms*, any of which fits. Matching looks words up in tables and joins lists of positions; nothing backtracks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain, product
from typing import Literal, NamedTuple

from watcher.matching.names import forms as declined
from watcher.text import canon, fold, fold_word, is_one_word, plain_word, tokenize

MIN_STEM = 3
MAX_DISTANCE = 50
MAX_VARIANTS = 64
MAX_WORDS = 20

AtomKind = Literal["exact", "prefix", "suffix", "infix"]
Case = Literal["any", "capital", "exact"]


class PatternError(ValueError):
    """A pattern that cannot be used.

    Attributes:
        remedy: what to write instead.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


class Atom(NamedTuple):
    """A test of one word.

    Attributes:
        text: folded.
        case: ``capital`` wants a first letter that is not small, ``exact`` the capitals of ``shape``.
        shape: the letters as written; empty unless ``case`` is ``exact``.
    """

    kind: AtomKind
    text: str
    case: Case = "any"
    shape: str = ""

    def __str__(self) -> str:
        front = "*" if self.kind in {"suffix", "infix"} else ""
        back = "*" if self.kind in {"prefix", "infix"} else ""
        return f"{'=' if self.case == 'exact' else ''}{front}{self.shape or self.text}{back}"


Slot = frozenset[Atom]


class Join(NamedTuple):
    """How a part stands to what is left of it: within ``distance`` words, ``ordered`` when after it."""

    ordered: bool
    distance: int

    def __str__(self) -> str:
        return f"{'>' if self.ordered else '~'}{self.distance}"


class Variant(NamedTuple):
    """A pattern without options: parts of adjacent slots, and the joins between the parts."""

    parts: tuple[tuple[Slot, ...], ...]
    joins: tuple[Join, ...] = ()

    @property
    def slots(self) -> tuple[Slot, ...]:
        """All slots, in the order in which they are written."""
        return tuple(chain.from_iterable(self.parts))


class Naming(NamedTuple):
    """How the words of a name are read.

    Attributes:
        language, gender: what its words are declined by; see :func:`watcher.matching.names.forms`.
        capital: a word written with a capital must have one in the text.
    """

    language: str
    gender: str
    capital: bool


# An element of a part: the alternatives, each a sequence of slots; an empty one when the element may be missing.
_Element = list[tuple[Slot, ...]]

_PIECE = re.compile(
    r"\{(?P<braces>[^{}]*)\}(?P<optional>\?)?(?=\s|$)|(?P<join>[~>])(?P<distance>\S*)|(?P<word>[^\s{}|]+)"
)
_SYNTAX = re.compile(r"[{}|~>?]")
_CJK_WORD = re.compile("[\u3005-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003ffff]")


def parse(text: str, naming: Naming | None = None) -> tuple[Variant, ...]:
    """Compile a pattern.

    Args:
        text: the pattern, one line.
        naming: given when the pattern is a name.

    Returns:
        The variants, without repeats: a text matches the pattern when it matches any of them.

    Raises:
        PatternError: the pattern cannot be read, or would match too much or in too many ways.
    """
    parts: list[list[_Element]] = [[]]
    joins: list[Join] = []
    text = text if text.isascii() and text.isprintable() else canon(text)
    if not _SYNTAX.search(text) and (written := text.split()):  # words alone, as most names are
        _check_size(len(written))
        return (Variant((tuple([slot for word in written for slot in _word(word, naming)]),)),)
    for piece in _pieces(text.strip()):
        if piece["join"]:
            if not parts[-1]:
                raise PatternError(f"“{piece[0]}” has nothing to its left", "put a word before it")
            joins.append(_join(piece))
            parts.append([])
        else:
            parts[-1].append(_element(piece, naming))
    if not parts[-1]:
        raise PatternError("the pattern ends without a word" if joins else "the pattern is empty", "put a word there")
    _check_size(sum(map(len, parts)))
    return _variants(parts, tuple(joins))


def _check_size(words: int) -> None:
    if words > MAX_WORDS:
        raise PatternError(f"more than {MAX_WORDS} words", "use fewer, or two patterns")


def _pieces(text: str) -> list[re.Match[str]]:
    pieces, position = [], 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        piece = _PIECE.match(text, position)
        if piece is None:
            raise PatternError(f"“{text[position : position + 20]}” cannot be read", _remedy(text))
        pieces.append(piece)
        position = piece.end()
        if position < len(text) and not text[position].isspace():
            raise PatternError(f"a space is missing before “{text[position : position + 20]}”", _remedy(text))
    return pieces


def _remedy(text: str) -> str:
    if text.count("{") != text.count("}"):
        return "braces come in pairs, and not inside each other: {a|b}"
    if "|" in text and "{" not in text:
        return "put alternatives in braces: {a|b}"
    return "put a space before and after words, braces, ~4 and >4"


def _join(piece: re.Match[str]) -> Join:
    distance = piece["distance"]
    if not (distance.isascii() and distance.isdecimal()):
        raise PatternError(f"“{piece[0]}” needs a number", f"such as {piece['join']}4")
    if int(distance[:4]) > MAX_DISTANCE:
        raise PatternError(f"the distance of “{piece[0]}” is more than {MAX_DISTANCE}", "use a condition of the topic")
    return Join(piece["join"] == ">", int(distance))


def _element(piece: re.Match[str], naming: Naming | None) -> _Element:
    if piece["braces"] is None:
        word = piece["word"]
        optional = word.endswith("?") and len(word) > 1
        alternatives = [_word(word.removesuffix("?"), naming)]
    else:
        optional = bool(piece["optional"])
        alternatives = [_sequence(option, naming) for option in piece["braces"].split("|")]
    return _merged(alternatives) + ([()] if optional else [])


def _sequence(option: str, naming: Naming | None) -> tuple[Slot, ...]:
    if not option.strip():
        raise PatternError("an alternative is empty", "write {a|b}? for “may be missing”")
    if re.search(r"(?:^|\s)[~>]|\?", option):
        raise PatternError(f"“{option.strip()}” has ~, > or ? inside braces", "make two patterns of it")
    return tuple(slot for word in option.split() for slot in _word(word, naming))


def _merged(alternatives: Sequence[tuple[Slot, ...]]) -> _Element:
    """Alternatives of one word each become one slot, which costs nothing; longer ones stay apart."""
    single = frozenset(atom for alternative in alternatives if len(alternative) == 1 for atom in alternative[0])
    longer = [alternative for alternative in alternatives if len(alternative) > 1]
    return ([(single,)] if single else []) + longer


@lru_cache(maxsize=50_000)
def _word(written: str, naming: Naming | None) -> tuple[Slot, ...]:
    exact = written.startswith("=")
    word = written.removeprefix("=")
    suffix, prefix = word.startswith("*"), word.endswith("*") and len(word) > 1
    core = word.strip("*")
    if "*" in core:
        raise PatternError(f"“{written}” has a star inside a word", "stars go to the beginning or the end")
    words = _cut(core)
    if not words:
        raise PatternError(f"“{written}” has no letters", "use ~4 or >4 for words between")
    last = len(words) - 1
    slots = []
    for i, (folded, raw) in enumerate(words):
        kind = _kind(suffix and i == 0, prefix and i == last, folded)
        _check_stem(kind, folded, written)
        slots.append(_slot(kind, folded, raw, naming, exact=exact))
    return tuple(slots)


def _cut(core: str) -> list[tuple[str, str]]:
    """The words of a piece of a pattern, folded and as written."""
    if word := plain_word(core):
        return [(word, core)]
    if is_one_word(core):
        return [(fold_word(core), core)]
    tokens = tokenize(core)
    return [(w, core[a:b]) for w, a, b in zip(tokens.words, tokens.starts, tokens.ends, strict=True)]


def _kind(suffix: bool, prefix: bool, folded: str) -> AtomKind:
    if _CJK_WORD.match(folded):
        return "exact"
    if suffix:
        return "infix" if prefix else "suffix"
    return "prefix" if prefix else "exact"


def _check_stem(kind: AtomKind, folded: str, written: str) -> None:
    if kind != "exact" and len(folded) < MIN_STEM:
        raise PatternError(f"“{written}” has fewer than {MIN_STEM} letters beside the star", "write the words out")


def _slot(kind: AtomKind, folded: str, raw: str, naming: Naming | None, *, exact: bool) -> Slot:
    acronym = naming is not None and kind == "exact" and len(raw) > 1 and raw.isupper()
    if exact or acronym:
        return frozenset([Atom(kind, folded, "exact", raw)])
    case: Case = "capital" if naming is not None and naming.capital and raw[0].isupper() else "any"
    forms: Iterable[str] = (folded,)
    if "\u0600" <= folded[0] <= "\u06ff":
        forms = _with_arabic_prefixes(folded)
    elif naming is not None and kind == "exact":
        forms = {folded, *fold(" ".join(declined(raw, naming.language, naming.gender))).split(" ")}
    # The constructor of a named tuple takes twice as long, and names have tens of thousands of forms.
    return frozenset([tuple.__new__(Atom, (kind, form, case, "")) for form in forms])


_ARTICLE = "ال"
_ARABIC_FRONTS = [lead + rest for lead in ("", "و", "ف") for rest in ("", "ب", "ل", "ك", "ال", "بال", "كال", "لل")]


def _with_arabic_prefixes(word: str) -> Iterable[str]:
    bare = word.removeprefix(_ARTICLE) if len(word) > MIN_STEM + 1 else word
    yield word
    for front in _ARABIC_FRONTS:
        yield front + bare


def _variants(parts: Sequence[Sequence[_Element]], joins: tuple[Join, ...]) -> tuple[Variant, ...]:
    total = 1
    for element in (element for part in parts for element in part):
        total *= len(element)
        if total > MAX_VARIANTS:
            raise PatternError(
                f"more than {MAX_VARIANTS} ways to read it", "use fewer x? and fewer alternatives of several words"
            )
    if total == 1:  # nothing to choose
        only = tuple([tuple([slot for element in part for slot in element[0]]) for part in parts])
        return (Variant(only, joins),)
    choices = [
        [tuple(slot for alternative in choice for slot in alternative) for choice in product(*part)] for part in parts
    ]
    if any(not chosen for part in choices for chosen in part):
        raise PatternError("all words of a part may be missing", "leave out the ? of one of them")
    return tuple(dict.fromkeys(Variant(chosen, joins) for chosen in product(*choices)))
