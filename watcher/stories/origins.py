"""Where a report comes from: the newsroom it cites or credits, as the text says in so many words.

A newsroom counts as cited when its name stands by a word of citing ("according to", «со ссылкой на», "laut"), by a
verb of reporting ("writes", «пише»), or where credits stand: in brackets, before a colon, or at the end of a title.
The words of all languages are looked for in every text: beside the name of a newsroom they hardly ever mean something
else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from watcher.matching.definitions import EntityDef
from watcher.model import EntityId, Outlet
from watcher.text import Tokens, fold, tokenize

_NEAR: Final = 3
"""Between the word and the name there may be so many others: "according to the news site Politico"."""


def _table(lines: str) -> tuple[tuple[str, ...], ...]:
    """Phrases, separated by commas and lines, as tuples of folded words."""
    phrases = (phrase.split() for line in lines.splitlines() for phrase in fold(line).split(","))
    return tuple(tuple(phrase) for phrase in phrases if phrase)


# Phrases that stand before the name; a star stands for any ending.
_BEFORE: Final = _table("""
    according to, citing, cites, cited by, reported by, first reported in, told, tells, quoting, credit, source
    за даними, за інформацією, з посиланням на, посилаючись на, з посиланням, як повідомляє, за словами
    со ссылкой на, ссылаясь на, по данным, по информации, по сообщению, по словам
    са спасылкай на, паводле, според, по данни на, позовавайки се на, цитиран* от, према, позивајући се на
    laut, unter berufung auf, nach angaben, zufolge, nach informationen, gegenüber, beruft sich auf
    selon, d après, citant, cité par, rapporté par, cités par, a indiqué à
    según, de acuerdo con, citando a, citando, citado por, citados por, conforme a
    secondo, citando, riportato da, stando a, citato da, come riporta, come riferisce
    de acordo com, segundo, citado pel*, citados pel*, conforme
    potrivit, conform, citând, citat* de, relatat* de, transmis* de
    według, cytując, powołując się na, powołuje się na, jak podaje, jak podał*, zdaniem, za
    podle, s odvoláním na, s odkazem na, podľa, s odvolaním sa na
    volgens, enligt, ifølge, aldus, med hänvisning till, med henvisning til, under henvisning til
    prema, prenosi, pozivajući se na, po poročanju, glede na, sklicujoč se na
    remiantis, pasak, anot, kaip rašo, saskaņā ar, atsaucoties uz, viitega, viidates
    σύμφωνα με, επικαλούμεν*, κατά
    وفقا, وفق, نقلا عن, بحسب, حسب, نقل* عن, به گزارش, به نقل از, بر اساس گزارش
    לפי, על פי, כך דיווח
    据, 據, 援引, 引述
""")
# Words that stand after the name.
_AFTER: Final = _table("""
    zufolge, göre, e göre, ye göre, a göre, mukaan, szerint, által, teatel, andmetel, sõnul, teigimu, duomenimis
    के अनुसार, के मुताबिक, によると, によれば, に よる, 에 따르면, ით, მიხედვით, ინფორმაციით
""")
# Verbs of reporting, on either side of the name.
_VERBS: Final = _table("""
    report*, write*, wrote, reveal*, learn*, disclos*, say*, said, understands, publish*, quot*
    пиш*, повідомл*, передає, передают, передает, сообщ*, писал*, узнал*, дізнал*, розповіл*, рассказал*
    публік*, опублик*, інформує, информирует, стверджує, утверждает
    паведамля*, піша, съобщ*, съобщава, пренес*, преноси, јавља
    bericht*, schreib*, schrieb*, meldet*, meldete*, enthüll*
    rapport*, écri*, révèl*, affirm*, indiqu*, annonc*
    inform*, public*, revel*, escrib*, report*, señal*, asegur*
    riport*, scriv*, riferisc*, rivel*, noticia*, noticiou, escrev*, divulg*, avanç*
    relateaz*, scri*, notează, transmite, dezvălui*
    pisz*, napis*, podaj*, podał*, donos*, doniósł, doniosł*, inform*, ujawni*, przekaz*
    píš*, uvád*, uved*, inform*, napsal*, napísal*
    yaz*, bildir*, haber*, aktar*, duyur*
    schrijf*, meld*, rapporter*, skriv*, skrev*, uppger, kertoo, kirjoittaa, uutisoi, kirjutab, teatab, raksta, vēsta
    raš*, praneš*, ír*, közöl*, számolt, jelent*, objav*, piše, pišu, javlja, poroča, izvijest*
    γράφ*, αναφέρ*, μετέδ*, δημοσ*
    ذكر*, افاد*, نقل*, كشف*, قال*, اورد*, نشر*, نوشت, گزارش
    דיווח*, מדווח*, כתב*, פרסם
    报, 報, 披, 称, 稱, 透, 보도*, 전했*, 報じ*, 伝え*, ने बताया
""")
_CREDIT_BEFORE: Final = frozenset("(-–—|/[")
_CREDIT_AFTER: Final = frozenset(")-–—|/]:")
_QUOTES: Final = "\"'«»“”„‘’ "


def cited(text: str, spans: Sequence[tuple[int, int, EntityId]], *, title: bool) -> EntityId | None:
    """The newsroom that a text gives as its source; the first one when there are several.

    Args:
        text: canonical: a title, or the beginning of an article.
        spans: (start, end, id) of the newsrooms that it names.
        title: a title ends or begins with credits.
    """
    if not spans:
        return None
    tokens = tokenize(text)
    for start, end, newsroom in sorted(spans):
        if _credited(text, start, end, title=title) or _by_words(tokens, start, end):
            return newsroom
    return None


def _credited(text: str, start: int, end: int, *, title: bool) -> bool:
    before, after = text[:start].rstrip(_QUOTES), text[end:].lstrip(_QUOTES)
    if not title:
        return before[-1:] in {"(", "["} and len(after) > 0 and after[0] in ")],;"
    ends = not after.strip(".)]") and before[-1:] in _CREDIT_BEFORE
    return (ends and bool(before)) or (not before and after[:1] in _CREDIT_AFTER)


def _by_words(tokens: Tokens, start: int, end: int) -> bool:
    first = next((at for at, stop in enumerate(tokens.ends) if stop > start), len(tokens))
    last = next((at for at in range(first, len(tokens)) if tokens.ends[at] >= end), first)
    if first >= len(tokens):
        return False
    sentence = tokens.sentences[first]
    low, high = first, last + 1
    while low > 0 and first - low < _NEAR + 3 and tokens.sentences[low - 1] == sentence:
        low -= 1
    while high < len(tokens) and high - last <= _NEAR and tokens.sentences[high] == sentence:
        high += 1
    before, after = tokens.words[low:first], tokens.words[last + 1 : high]
    return (
        _found(before, _BEFORE, from_end=True)
        or _found(before[-_NEAR:], _VERBS, from_end=True)
        or _found(after, _AFTER)
        or _found(after, _VERBS)
    )


def _found(words: Sequence[str], phrases: Iterable[tuple[str, ...]], *, from_end: bool = False) -> bool:
    """Whether a phrase is among the words, with at most ``_NEAR`` others between it and the name."""
    for phrase in phrases:
        size = len(phrase)
        for at in range(len(words) - size + 1):
            gap = len(words) - at - size if from_end else at
            if gap <= _NEAR and all(map(_fits, words[at : at + size], phrase)):
                return True
    return False


def _fits(word: str, pattern: str) -> bool:
    return word.startswith(pattern[:-1]) if pattern.endswith("*") else word == pattern


def newsrooms(entities: Iterable[EntityDef], outlets: Iterable[Outlet]) -> Mapping[EntityId, str]:
    """The family of each newsroom that the rules know by name, so that citing it and being it are one source.

    A newsroom of which no outlet is watched is a family of its own, named by its id.
    """
    named = sorted((_words(outlet.name), outlet.family) for outlet in outlets)
    return {entity.id: _family(entity, named) for entity in entities if entity.kind == "outlet"}


def _family(entity: EntityDef, named: Sequence[tuple[tuple[str, ...], str]]) -> str:
    """Of the outlet of that name, or of one whose name only goes on ("BBC News"), unless that is another one."""
    name = _words(entity.name)
    others = {fold(pattern.text) for pattern in entity.not_before}
    exact = (family for words, family in named if words == name)
    longer = (
        family
        for words, family in named
        if words[: len(name)] == name and len(words) > len(name) and words[len(name)] not in others
    )
    return next(exact, None) or next(longer, None) or entity.id


def _words(name: str) -> tuple[str, ...]:
    return tuple(word for word in tokenize(name).words if word != "the")
