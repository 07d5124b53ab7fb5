"""Text: made canonical once, folded one character to one character, cut into words and sentences.

Three steps, each with one idea:

* :func:`canon` makes the text that is stored, shown and matched. It may change the length, and runs once per field.
* :func:`fold` forgets what does not matter for matching (case, kinds of apostrophe, dash and quote, ё/е …). It gives
  exactly one character for each character, so a position in the fold *is* a position in the canonical text.
* :func:`tokenize` finds words, sentences and paragraphs, again as positions in the canonical text.

Words are runs of letters and digits, with the marks that are written above, below and after letters (the vowels of
Hindi and Thai). Apostrophes and hyphens are boundaries, so ``l'Otan``, ``28-Punkte-Plan`` and
``зобов'язання`` need no special case as long as patterns are cut in the same way. Chinese and Japanese are written
without spaces: each of their characters is a word of its own, so that a word is a phrase of adjacent characters.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from urllib.parse import SplitResult, parse_qsl, quote, unquote_to_bytes, urlencode, urlsplit, urlunsplit

import ftfy

MAX_CHARS = 200_000
MAX_TOKENS = 40_000
"""What lies beyond so many characters or words of a text is not looked at: bounds the work one text can cause."""

# --- canonical text ----------------------------------------------------------------------------------------------


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _char_class(chars: Iterable[str]) -> str:
    """A regular-expression class of these characters, as ranges: thousands of single ones compile slowly."""
    codes = sorted(map(ord, chars))
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "[" + "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in ranges) + "]"


def _spans(*ranges: tuple[int, int]) -> Iterator[int]:
    for first, last in ranges:
        yield from range(first, last + 1)


def _removed() -> dict[int, str | None]:
    """Characters that are not seen and split or hide words: they go, or become what they stand for."""
    table: dict[int, str | None] = dict.fromkeys(_spans((0x00, 0x08), (0x0E, 0x1F), (0x7F, 0x84), (0x86, 0x9F)))
    # Soft hyphen, grapheme joiner, Arabic letter mark, Mongolian separator, zero-width and bidi marks, word joiner,
    # variation selectors, byte order mark, interlinear marks, tags.
    table |= dict.fromkeys([0xAD, 0x34F, 0x61C, 0x180E, 0xFEFF])
    table |= dict.fromkeys(_spans((0x200B, 0x200B), (0x200E, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F)))
    table |= dict.fromkeys(_spans((0xFE00, 0xFE0F)))
    table |= dict.fromkeys(_spans((0xFFF9, 0xFFFB), (0xE0000, 0xE007F)))
    # Vowel signs that Arabic and Hebrew may be written with or without, and the Arabic elongation stroke.
    table |= dict.fromkeys(_spans((0x610, 0x61A), (0x640, 0x640), (0x64B, 0x65F), (0x670, 0x670), (0x6D6, 0x6DC)))
    table |= dict.fromkeys(_spans((0x6DF, 0x6E4), (0x6E7, 0x6E8), (0x6EA, 0x6ED), (0x591, 0x5BD), (0x5BF, 0x5BF)))
    table |= dict.fromkeys([0x5C1, 0x5C2, 0x5C4, 0x5C5, 0x5C7])
    table |= dict.fromkeys([0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029], "\n")
    table |= dict.fromkeys(_spans((0xD800, 0xDFFF)), "\ufffd")
    # Ligatures and the presentation forms of Arabic letters: only these, since NFKC would change №, ½ and ² too.
    drop = dict.fromkeys(table)
    for code in _spans((0xFB00, 0xFB06), (0xFB50, 0xFDFB), (0xFE70, 0xFEFC)):
        plain_form = unicodedata.normalize("NFKC", chr(code))
        if plain_form != chr(code):
            table[code] = plain_form.translate(drop).strip()
    return table


_REMOVED = _removed()
_TO_REMOVE = re.compile(_char_class(chr(code) for code in _REMOVED if code < 0x10000))
# Joiners and non-joiners of no width are spelling in the Arabic script (Persian) and in those of India; anywhere else
# they hide words.
_JOINERS = "\u200c\u200d"
_STRAY_JOINER = re.compile(
    f"(?<![\u0620-\u06ff\u0750-\u077f\u0900-\u0dff])[{_JOINERS}]|[{_JOINERS}](?![\u0620-\u06ff\u0750-\u077f\u0900-\u0dff])"
)
_STRESS = re.compile("(?<=[аеєиіоуыэюяАЕЄИІОУЫЭЮЯ])\u0301")
_CP1252 = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_CP1251 = "ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—™љ›њќћџ\xa0ЎўЈ¤Ґ¦§Ё©Є«¬\xad®Ї°±Ііґµ¶·ё№є»јЅѕї"
# The repair costs milliseconds, so only lines with the marks of wrongly decoded UTF-8 get it. Each of these patterns
# begins with one class of characters, which the regular-expression engine skips to fast.
_LEADS = re.compile("[\x80-\x9f\xc2-\xf4ĂĐŃĹĽĺŘŮŕ‚╨╤]")
_MOJIBAKE = re.compile(f"[\x80-\x9f]|[\xc2-\xf4ĂĐŃĹĽĺŘŮŕ][\x80-\xbf{_CP1252}]|‚Ä|[╨╤][─-▟]")
_MOJIBAKE_CYRILLIC = re.compile(f"[РС][{_CP1251}][РС][{_CP1251}]")


def is_garbled(s: str) -> bool:
    """Whether a text, or a part of it, was decoded with a wrong charset, so that :func:`canon` repairs it."""
    return bool((_LEADS.search(s) and _MOJIBAKE.search(s)) or _MOJIBAKE_CYRILLIC.search(s))


def _has_astral(s: str) -> bool:
    """Whether there are characters beyond U+FFFF: they take two units. A class with them would be a slow pattern."""
    return len(s.encode("utf-16-le", "surrogatepass")) != 2 * len(s)


def canon(s: str) -> str:
    """The canonical form of a text: what is stored, shown and matched.

    Repairs mojibake, composes letters (NFC), drops what is not seen (soft hyphens, zero-width and bidi marks, control
    characters but newline and tab, stress accents on Cyrillic vowels, Arabic and Hebrew vowel signs), writes
    ligatures out. Joiners between letters of the Arabic script or of scripts of India stay: they are spelling there.
    Idempotent.
    """
    if s.isascii() and not _TO_REMOVE.search(s):
        return s
    for _ in range(8):  # one change can uncover another; in practice the second round finds nothing
        once = _canon_once(s)
        if once == s:
            break
        s = once
    return s


def _canon_once(s: str) -> str:
    if "\r" in s:
        s = s.replace("\r\n", "\n")
    if is_garbled(s):
        s = "".join(ftfy.fix_encoding(line) if is_garbled(line) else line for line in s.splitlines(keepends=True))
    if _TO_REMOVE.search(s) or _has_astral(s):
        s = s.encode("utf-16", "surrogatepass").decode("utf-16", "replace").translate(_REMOVED)
    if "\u200c" in s or "\u200d" in s:
        s = _STRAY_JOINER.sub("", s)
    if not unicodedata.is_normalized("NFC", s):
        s = unicodedata.normalize("NFC", s)
    return _STRESS.sub("", s) if "\u0301" in s else s


# --- the fold ----------------------------------------------------------------------------------------------------


def _base_letter(char: str) -> str:
    """What a mathematical, fullwidth or similar form of one letter or digit stands for, when that is one character."""
    plain_form = unicodedata.normalize("NFKC", char).lower()
    return plain_form if len(plain_form) == 1 and plain_form.isalnum() else char


def _fold_table() -> dict[str, str]:
    table: dict[str, str] = {}
    for code in _spans((0xFF10, 0xFF19), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A), (0x1D400, 0x1D7FF)):
        table[chr(code)] = _base_letter(chr(code))
    table |= {chr(code): str(int(chr(code))) for code in range(0x660, 0xABFA) if chr(code).isdecimal()}
    for letters, folded in (
        ("\u2019\u02bc\u2018\u02b9\u2032\uff07\xb4`\u201b\u02bb\u02bd\u055a\ua78c", "'"),
        ("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\u00ad\ufe58\ufe63\uff0d\u05be", "-"),
        ("\xa0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t", " "),
        ("\u00ab\u00bb\u201c\u201d\u201e\u201f\u2039\u203a\u2033\uff02\u300c\u300d\u300e\u300f", '"'),
        ("ё", "е"),
        ("ґ", "г"),
        ("ı", "i"),
        ("ş", "ș"),
        ("ţ", "ț"),
        ("ς", "σ"),
        ("ά", "α"),
        ("έ", "ε"),
        ("ήἠ", "η"),
        ("ίϊΐ", "ι"),
        ("ό", "ο"),
        ("ύϋΰ", "υ"),
        ("ώ", "ω"),
        ("أإآٱ", "ا"),
        ("ىیئ", "ي"),
        ("ک", "ك"),
        ("ة", "ه"),
        ("ؤ", "و"),
    ):
        table |= dict.fromkeys(letters, folded)
    return {char: table.get(folded, folded) for char, folded in table.items() if char != folded}


_FOLDED = _fold_table()
_TO_FOLD = re.compile(_char_class(char for char in _FOLDED if char < "\U00010000"))


def fold(s: str) -> str:
    """Forget what does not matter for matching; exactly one character for each character. Idempotent.

    Lower case (also ``İ`` and ``ı``, both to ``i``), one kind of apostrophe, hyphen, quote and space, ё as е, ґ as г,
    fullwidth and mathematical letters as plain ones, all decimal digits as ASCII, variants of the Arabic alef, ya
    and ta marbuta as one, Romanian ş ţ as ș ț, Greek without its accents. Latin accents stay: ``Zełenski`` is not
    ``Zelenski``.
    """
    low = s.lower()
    if len(low) != len(s):
        low = "".join(_lower_one(char) for char in s)
    if low.isascii():
        return low.replace("`", "'").replace("\t", " ")
    for char in set(_TO_FOLD.findall(low)):
        low = low.replace(char, _FOLDED[char])
    return low if not _has_astral(low) else "".join([_FOLDED.get(char, char) for char in low])


def _lower_one(char: str) -> str:
    low = char.lower()
    return low if len(low) == 1 else low[0]


# --- words that mix two alphabets --------------------------------------------------------------------------------

# What each Latin letter looks like, in its lower or its upper case, and the other way round.
_TO_CYRILLIC = str.maketrans("abceihjkmoptxysëï", "авсеінјкмортхуѕеї")
_TO_LATIN = str.maketrans("авсеінјкмортхуѕї", "abceihjkmoptxysï")
_LATIN = re.compile("[a-zß-ÿĀ-ɏ]")
_CYRILLIC = re.compile("[Ѐ-ӿ]")
_MIXED_LIMIT = 64
_NO_JOINERS = dict.fromkeys(map(ord, _JOINERS))


def _one_alphabet(word: str) -> str:
    """A word of one alphabet, if look-alike letters of the other one are all that keeps it from being that."""
    if len(word) > _MIXED_LIMIT or not (_LATIN.search(word) and _CYRILLIC.search(word)):
        return word
    cyrillic, latin = word.translate(_TO_CYRILLIC), word.translate(_TO_LATIN)
    to_cyrillic, to_latin = not _LATIN.search(cyrillic), not _CYRILLIC.search(latin)
    if to_cyrillic and to_latin:
        return latin if len(_LATIN.findall(word)) > len(_CYRILLIC.findall(word)) else cyrillic
    return latin if to_latin else cyrillic


# --- words and sentences -----------------------------------------------------------------------------------------

_CJK_BMP = "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
_CJK_BMP += "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d"
_CJK = _CJK_BMP + "\U00020000-\U0003ffff"
_HAS_CJK = re.compile(f"[{_CJK_BMP}]")
_MARKS = _JOINERS + "".join(char for char in map(chr, range(0x10000)) if unicodedata.category(char) in {"Mn", "Mc"})
_MARK_CLASS = _char_class(_MARKS)
_ANY_WORD = re.compile(rf"([{_CJK}]|[^\W_{_CJK}](?:[^\W_{_CJK}]|{_MARK_CLASS})*)")
_LETTERS = _char_class(char for char in map(chr, range(0x10000)) if char.isalnum())
_WITH_MARKS = _char_class([*_MARKS, *(char for char in map(chr, range(0x10000)) if char.isalnum())])
# The same in text without astral and Chinese characters: faster bit maps.
_SPACED_WORD = re.compile(f"({_LETTERS}{_WITH_MARKS}*)")
_MIXED = re.compile("[a-zß-ɏ](?:(?<=[Ѐ-ӿ].)|(?=[Ѐ-ӿ]))")

# A run of end marks is taken as a whole (the look-behind keeps a match from starting inside it, nothing is given back),
# so a million full stops cost no more than a million letters.
_END = re.compile(r"""[\n.!?…؟۔।॥。！？｡](?<![.!?…؟۔।॥]{2})[.!?…؟۔।॥]*+["'»”“’)\]」』）]*+\s*+""")
_ABBREVIATIONS = _listed(
    "mr mrs ms dr prof sen rep gov gen col lt sgt capt adm jr sr vs etc inc ltd corp jan feb aug sept sep oct nov"
    " amb hon messrs mme mlle mgr hr fr bzw ca evtl ggf usw sog tzw tzn np ul im ks św płk mjr gen prof inż mln mld tys"
    " м р рр ст ім вул обл тис млн млрд грн гр див тов акад проф ген полк гг им ул руб тыс долл дол просп пл напр"
    " ee uu sra dott ing avv on arch sig nám tř např tzv mj atd č čl odst"
    " mrd mio tsd трлн хил кв"
)
_AFTER_NUMBER = _listed("m bn mn bln trn mld mil tis")
_LONGEST_ABBREVIATION = max(map(len, _ABBREVIATIONS))
_ABBREVIATIONS_BEFORE_NUMBER = _listed("no nos nr art arts st ст п pp p para sec vol ch fig ч гл mar apr jun jul dec")


@dataclass(frozen=True, slots=True)
class Tokens:
    """The words of a text.

    Attributes:
        words: folded, with look-alike letters of another alphabet repaired.
        starts, ends: word ``i`` is ``text[starts[i]:ends[i]]``.
        sentences, paragraphs: the numbers, from 0, of the sentence and the paragraph of each word.
        sentence_spans: (start, end) of each sentence in the text, without surrounding white space.
    """

    words: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    sentences: tuple[int, ...]
    paragraphs: tuple[int, ...]
    sentence_spans: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        return len(self.words)


def tokenize(s: str) -> Tokens:
    """The words, sentences and paragraphs of a canonical text; positions are positions in it.

    A line break ends a paragraph and a sentence. A full stop ends a sentence unless an abbreviation, an initial or a
    number of one or two digits stands before it or a small letter follows.
    """
    if len(s) > MAX_CHARS:
        s = s[:MAX_CHARS]
    folded = fold(s)
    unspaced = not s.isascii() and (_HAS_CJK.search(folded) or _has_astral(folded))
    # Gap, word, gap, word, …, gap; so the ends of all pieces give the starts and ends of the words.
    pieces = (_ANY_WORD if unspaced else _SPACED_WORD).split(folded, MAX_TOKENS)
    borders = list(accumulate(map(len, pieces)))
    words, starts = _written(pieces[1::2], folded), borders[0:-1:2]
    return Tokens(tuple(words), tuple(starts), tuple(borders[1::2]), *_sentences(s, starts))


def distinct_words(s: str) -> frozenset[str] | None:
    """The words that :func:`tokenize` finds in a canonical text, in no order; None when it would not read it all."""
    folded = fold(s)
    unspaced = not s.isascii() and (_HAS_CJK.search(folded) or _has_astral(folded))
    words = set((_ANY_WORD if unspaced else _SPACED_WORD).findall(folded))
    if len(s) > MAX_CHARS or len(words) >= MAX_TOKENS:
        return None
    return frozenset(_written(list(words), folded))


def _written(words: list[str], folded: str) -> list[str]:
    """The words of a folded text with look-alike letters repaired and without joiners, which not everybody writes."""
    if _CYRILLIC.search(folded) and _MIXED.search(folded):
        words = [_one_alphabet(word) for word in words]
    if "\u200c" in folded or "\u200d" in folded:
        words = [word.translate(_NO_JOINERS) for word in words]
    return words


# Words of one alphabet, with nothing that the fold or the tokenizer looks at twice: nearly all words of patterns.
_PLAIN_WORD = re.compile("[a-zA-Z]+|[А-ЯЄІЇа-яєії]+")


def plain_word(s: str) -> str:
    """A word as :func:`tokenize` gives it, when it is one of plain letters of one alphabet; else empty."""
    return s.lower() if _PLAIN_WORD.fullmatch(s) else ""


def fold_word(word: str) -> str:
    """One word, folded, with look-alike letters of another alphabet repaired, as :func:`tokenize` gives it."""
    folded = fold(word)
    return folded if folded.isascii() else _one_alphabet(folded).translate(_NO_JOINERS)


def is_one_word(s: str) -> bool:
    """Whether :func:`tokenize` would leave a string whole."""
    return s.isalnum() and (s.isascii() or not (_HAS_CJK.search(s) or _has_astral(s)))


def _sentences(s: str, starts: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...], tuple[tuple[int, int], ...]]:
    sentence_ids: list[int] = []
    paragraph_ids: list[int] = []
    spans: list[tuple[int, int]] = []
    paragraph, begin, first = -1, 0, 0
    new_paragraph = True
    for cut, ends_paragraph in _cuts(s):
        last = bisect_left(starts, cut, first)
        if last > first:
            paragraph += new_paragraph
            sentence_ids += [len(spans)] * (last - first)
            paragraph_ids += [paragraph] * (last - first)
            spans.append(_trimmed(s, begin, cut))
            new_paragraph = False
        new_paragraph = new_paragraph or ends_paragraph
        begin, first = cut, last
    return tuple(sentence_ids), tuple(paragraph_ids), tuple(spans)


def _cuts(s: str) -> Iterator[tuple[int, bool]]:
    """(position where a new sentence may start, whether a new paragraph starts there too), in order, the end last."""
    for found in _END.finditer(s):
        mark = found[0]
        if "\n" in mark:
            yield found.start() + mark.index("\n") + 1, True
        elif mark[0] in "。！？｡" or _ends_sentence(s, mark, *found.span()):
            yield found.end(), False
    yield len(s), True


def _ends_sentence(s: str, mark: str, stop: int, end: int) -> bool:
    if mark == ". " and s[end : end + 1].isupper():  # the commonest case
        return not _is_abbreviated(s, stop, s[end])
    after = s[end : end + 4].lstrip('–—- «„“"(')[:1]
    if not mark[-1].isspace():
        return s[stop - 1 : stop].islower() and after.isupper() and not _is_abbreviated(s, stop, after)
    if after.islower():
        return False
    return mark.rstrip() != "." or not _is_abbreviated(s, stop, after)


def _is_abbreviated(s: str, stop: int, after: str) -> bool:
    """Whether the full stop at ``stop`` belongs to the word or number before it."""
    if stop > _LONGEST_ABBREVIATION and s[stop - _LONGEST_ABBREVIATION - 1 : stop].isalnum():
        return False  # a longer word, which is the commonest case
    start = stop
    while start > 0 and s[start - 1].isalnum():
        start -= 1
    word = s[start:stop]
    if word.isdecimal():
        # Ordinals ("26. November"): not in Cyrillic, where they take no capital letter after them.
        return len(word) <= 2 and not "Ѐ" <= after <= "ӿ"
    if len(word) == 1:
        return word.isupper() or word.lower() in _ABBREVIATIONS or word.lower() in _ABBREVIATIONS_BEFORE_NUMBER
    low = word.lower()
    if low in _AFTER_NUMBER and s[start - 2 : start - 1].isdecimal():
        return True  # "90 bn."; without a number before it, it may be a word
    return low in _ABBREVIATIONS or (after.isdecimal() and low in _ABBREVIATIONS_BEFORE_NUMBER)


def _trimmed(s: str, start: int, end: int) -> tuple[int, int]:
    sentence = s[start:end]
    return start + len(sentence) - len(sentence.lstrip()), start + len(sentence.rstrip())


# --- other forms of text -----------------------------------------------------------------------------------------

_TAG = re.compile(r"<(?:!--|[a-zA-Z/!?][^<>]*>)")
_TAG_NAME = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)")
_HIDDEN = frozenset(["script", "style", "template", "noscript"])
_BLOCKS = _listed(
    "address article aside blockquote br dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li main nav"
    " ol p pre section table td th tr ul"
)
_BLANKS = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r" ?\n[ \n]*")


def plain(html_fragment: str) -> str:
    """Plain text in canonical form from the title or summary of a feed item: unescape, strip tags, unescape again.

    Blocks and line breaks become newlines, other white space one space. Linear in the length, whatever the input.
    """
    text = html_fragment
    if "&" in text:
        text = html.unescape(text)
    if "<" in text:
        text = "".join(_visible(text))
    if "&" in text:
        text = html.unescape(text)
    text = _BLANKS.sub(" ", canon(text))
    return canon(_BLANK_LINES.sub("\n", text).strip())


def _visible(text: str) -> Iterator[str]:
    position, hidden = 0, ""
    while found := _TAG.search(text, position):
        if not hidden:
            yield text[position : found.start()]
        if found[0] == "<!--":
            end = text.find("-->", found.end())
            if end < 0:  # an unclosed comment hides the rest
                return
            position = end + 3
            continue
        position = found.end()
        name = _TAG_NAME.match(found[0])
        tag = name[1].lower() if name else ""
        if hidden:
            hidden = "" if tag == hidden and found[0][1] == "/" else hidden
        elif tag in _HIDDEN and found[0][1] != "/" and not found[0].endswith("/>"):
            hidden = tag
        elif tag in _BLOCKS:
            yield "\n"
    if not hidden:
        yield text[position:]


def clean_line(s: str, limit: int = 300) -> str:
    """One line that is safe in a log, on a terminal, in a header: no control or bidi characters, at most ``limit``."""
    line = " ".join(canon(s[: 20 * limit]).split())
    return line if len(line) <= limit else line[: max(0, limit - 1)].rstrip() + "…"


_TRACKING = _listed(
    "fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid ysclid twclid igshid igsh mc_cid mc_eid mkt_tok ncid ocid"
    " cmpid cmp smid smtyp sref spm scid s_cid icid xtor at_medium at_campaign ref_src ref_url feature_rss rss"
    " guccounter guce_referrer guce_referrer_sig amp outputtype _ga _gl vero_id vero_conv oly_anon_id oly_enc_id"
    " __twitter_impression wt_mc wt_zmc traffic_source ito"
)
_TRACKING_PREFIXES = ("utm_", "mtm_", "pk_", "itm_", "hsa_", "stm_", "at_", "ns_")
_MIRRORS = ("www.", "amp.", "m.", "mobile.")
_MAX_URL = 8_000
_HOST = re.compile(r"[a-z0-9_.-]+|[0-9a-f:.]+")


def canonical_url(url: str) -> str:
    """The key that tells whether two URLs lead to one article; empty when it is not an http(s) URL.

    It is for comparing, not for fetching: mobile, AMP and ``www.`` hosts, http on the default port, tracking
    parameters, the fragment, a closing slash and the order of parameters are ironed out. Only parameters that are
    known to be for tracking go; general lists (as in courlan) take ``cid`` or ``source`` too, which name the article
    on some sites.
    """
    url = url.strip()
    if len(url) > _MAX_URL or any(char <= " " or "\x7f" <= char <= "\x9f" for char in url):
        url = "".join(url.split())[: _MAX_URL + 1]
        if len(url) > _MAX_URL or any(char < " " or "\x7f" <= char <= "\x9f" for char in url):
            return ""
    try:
        parts = urlsplit(url)
        host, port = _host(parts.hostname or ""), parts.port
        if parts.scheme.lower() not in {"http", "https"} or not host:
            return ""
        scheme, authority = _origin(parts.scheme.lower(), host, port)
        return urlunsplit((scheme, authority, _path(parts), _query(parts.query), ""))
    except ValueError:  # what cannot be encoded, such as half a surrogate pair, is one too
        return ""


def _host(host: str) -> str:
    host = host.rstrip(".")
    if not host.isascii():
        host = host.encode("idna").decode("ascii")  # UnicodeError is a ValueError
    if host and not _HOST.fullmatch(host):
        raise ValueError(host)
    for mirror in _MIRRORS:
        if host.startswith(mirror) and host.count(".") >= 2:
            host = host.removeprefix(mirror)
    return host


def _origin(scheme: str, host: str, port: int | None) -> tuple[str, str]:
    if port in {None, 80 if scheme == "http" else 443}:
        is_name = "." in host and not host.rsplit(".", 1)[-1].isdecimal()
        return ("https" if is_name else scheme), f"[{host}]" if ":" in host else host
    return scheme, f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _path(parts: SplitResult) -> str:
    segments = [segment for segment in parts.path.split("/") if segment]
    if len(segments) > 1 and segments[-1].lower() in {"amp", "amp.html"}:
        segments.pop()
    elif len(segments) > 1 and segments[0].lower() == "amp":
        segments.pop(0)
    path = "/" + "/".join(segments)
    return quote(unquote_to_bytes(path.replace("%2F", "%252F").replace("%2f", "%252F")), safe="/:@!$&'()*+,;=~-._%")


def _query(query: str) -> str:
    pairs = [
        (name, value)
        for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=None)
        if name.lower() not in _TRACKING and not name.lower().startswith(_TRACKING_PREFIXES)
    ]
    return urlencode(sorted(pairs))
