"""The language of an article or a sentence, from its alphabet, its letters and its commonest words.

Used for display, statistics and to know which language a pattern was credited in; matching does not depend on it. On
short texts it leans on a prior: what the feed declares for an article, what the article is for a sentence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from operator import itemgetter

from watcher.text import fold, tokenize

UNKNOWN = "und"
_MAX_WORDS = 400
_PRIOR = 1.2
_LETTER = 1.0
_ENOUGH = 1.5
_CLEAR = 2.5
_FIRST_WORDS = 60  # enough to tell the alphabet

# The commonest short words of each language, none that is a name.
_STOP_WORDS = {
    "en": "a the of and to in is that for it was on are with as his they be at this have from by has not but what were"
    " when he she an which will would their said been who after its about",
    "de": "der die das und in den von zu mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er"
    " hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur",
    "fr": "le la les de des et à en un une du que est pour qui dans a par plus pas au sur ne se ce il sont la avec son"
    " aux ou cette ses mais comme nous ont été être sans leur après selon",
    "es": "el la los las de que y en un una por con para se del al lo como más su sus es no ha fue este esta pero son"
    " entre sobre también sin hay desde está según tras",
    "it": "il lo la gli le di e che in un una per con del della dei delle non è si da al alla sono come più nel nella"
    " anche ha ma dal dalla questo questa essere stato dopo secondo",
    "pt": "o a os as de que e do da dos das em um uma para com não por se no na nos nas ao mais é foi são como pelo"
    " pela mas ou seu sua também já entre até após segundo",
    "ro": "și în de la a cu că pe din nu este un o pentru care mai sau ce sunt fost dar după prin lui ale ai al se au"
    " către fi această acest între despre",
    "pl": "i w na z się do nie że jest o to jak po za od przez dla ale oraz który która które tym był są być ich tego"
    " przed pod także jego już również może",
    "cs": "a v na se že je s z o do to i k pro jako ve po který která které by byl za od ale jsou podle také při bude"
    " jeho byla není už nebo však",
    "sk": "a v na sa že je s z o do to aj k pre ako vo po ktorý ktorá ktoré by bol za od ale sú podľa tiež pri bude"
    " jeho bola nie už alebo však",
    "nl": "de het een en van in is dat op te zijn met voor niet aan er om ook als dan maar bij nog uit door over hij"
    " heeft werd naar wordt worden deze dit",
    "sv": "och i att det som en på är av för med den till inte om ett har de vid från men var han sig nu även efter kan"
    " ska enligt eller också",
    "no": "og i å det som en på er av for med den til ikke om et har de ved fra men var han seg nå også etter kan skal"
    " ifølge eller",
    "da": "og i at det som en på er af for med den til ikke om et har de ved fra men var han sig nu også efter kan skal"
    " ifølge eller",
    "fi": "ja on ei että se oli hän mutta joka kun mukaan myös ovat sekä vain jos tai olla kuin kanssa ole tämä sen"
    " jotka hänen siitä voi",
    "hu": "a az és hogy nem is egy ez azt volt van meg csak de már el ha mint még lehet után szerint között minden"
    " ezt pedig illetve",
    "tr": "ve bir bu da de için ile olarak çok daha olan gibi ne kadar sonra en ancak değil ise var her o dedi oldu"
    " tarafından göre",
    "lt": "ir yra kad su iš į bei tai dėl ne apie kaip bet buvo po už jog tik ar nuo iki pagal",
    "lv": "un ir ka ar no uz par kas arī bet pēc kā tas ne tiek lai vai pie gan viņš bija",
    "et": "ja on et ei see ka oli kui mis oma aga ning pärast kes selle seda siis ta või üle vastu",
    "hr": "i u je na se da su za od o s koji koja koje ne bi će a to kao iz ali nije više prema biti nakon što",
    "sl": "in je v na se da so za od o s ki bi ne pa to kot iz ali ni bo po tudi še več",
    "uk": "і й в у на з що не до та за як це для його від про але має також які який яка було був щоб після під або між"
    " вже є ще цього ми вони",
    "ru": "и в на с что не по к от как это для его из о но за также которые который которая был было были чтобы после"
    " или между уже еще он они у мы",
    "be": "і ў на з што не да па як гэта для яго ад пра але мае таксама якія які якая было быў каб пасля або паміж ужо"
    " яшчэ",
    "bg": "и на за се в от да с е не са че по като това ще до които който която но след или между във със беше има си",
    "sr": "и у је на се да су за од о са који која које не би ће а то као из али није према након што",
    "mk": "и на во за се од да со е не дека што како тоа ќе до кои кој која но по или меѓу беше има",
    "ar": "في من على ان الى عن هذا هذه التي الذي مع بعد كما قد بين لا كان او لم ما كل قال",
    "fa": "در از که این را با است به برای آن یک تا بر خود شد شده کرد هم",
    "ur": "کے میں کی ہے اور سے کا کو نے پر یہ کہ ہیں اس",
    "el": "και το της η ο να του την των με για που στο στη από δεν είναι τα σε οι ότι ένα",
    "he": "של את על לא כי עם זה הוא גם או אל אבל היא כל יש",
}
# Letters that speak for some languages of an alphabet against the others.
_LETTERS = {
    "de": "ßäöü", "fr": "éèêàçœùîôûë", "es": "ñ¿¡áéíóú", "it": "àèìòù", "pt": "ãõçáéêóí", "ro": "ăâîșț",
    "pl": "łąęśżźćńó", "cs": "ěřůščžýáíéúďťň", "sk": "ľĺŕôäščžýáíéúďťň", "nl": "ĳ", "sv": "åäö", "no": "åøæ",
    "da": "åøæ", "fi": "äö", "hu": "őűáéíóöúü", "tr": "ğșöüç", "lt": "ąčęėįšųūž", "lv": "āčēģīķļņšūž",
    "et": "õäöü", "hr": "čćđšž", "sl": "čšž", "uk": "їєі", "ru": "ыэъ", "be": "ўыэі", "bg": "ъ", "sr": "јљњћђџ",
    "mk": "ѓќѕјљњџ", "fa": "پچژگ", "ur": "ٹڈڑےہھ",
}  # fmt: skip
_FAMILIES = {
    "latin": "en de fr es it pt ro pl cs sk nl sv no da fi hu tr lt lv et hr sl".split(),  # noqa: SIM905 - it is a list
    "cyrillic": ["uk", "ru", "be", "bg", "sr", "mk"],
    "arabic": ["ar", "fa", "ur"],
    "greek": ["el"],
    "hebrew": ["he"],
    "armenian": ["hy"],
    "georgian": ["ka"],
    "thai": ["th"],
    "devanagari": ["hi"],
    "kana": ["ja"],
    "hangul": ["ko"],
    "han": ["zh"],
}
_RANGES = (
    ("a", "ɏ", "latin"), ("Ͱ", "Ͽ", "greek"), ("Ѐ", "ԯ", "cyrillic"), ("\u0531", "\u058f", "armenian"),
    ("\u05d0", "\u05ea", "hebrew"), ("\u0620", "\u06ff", "arabic"), ("\u0900", "\u097f", "devanagari"),
    ("\u0e00", "\u0e7f", "thai"), ("\u10a0", "\u10ff", "georgian"), ("Ḁ", "ỿ", "latin"), ("ἀ", "῿", "greek"),
    ("\u3041", "\u30ff", "kana"), ("\u3400", "\u9fff", "han"), ("\uac00", "\ud7a3", "hangul"),
)  # fmt: skip


_Speaking = dict[str, tuple[tuple[str, float], ...]]


def _by_key(table: dict[str, list[str]], family: list[str], worth: float, dampening: float) -> _Speaking:
    """For each word or letter the languages of a family that it speaks for, and how much: less the more they are."""
    languages: dict[str, dict[str, None]] = {}
    for language in family:
        for key in table.get(language, ()):
            languages.setdefault(fold(key), {})[language] = None
    return {
        key: tuple((language, worth / len(found) ** dampening) for language in found)
        for key, found in languages.items()
    }


def _first_letters() -> dict[str, str]:
    return {chr(code): name for low, high, name in _RANGES for code in range(ord(low), ord(high) + 1)}


_WORDS = {language: words.split() for language, words in _STOP_WORDS.items()}
_BY_WORD = {name: _by_key(_WORDS, family, 1.0, 0.5) for name, family in _FAMILIES.items()}
_BY_LETTER = {
    name: _by_key({language: list(letters) for language, letters in _LETTERS.items()}, family, _LETTER, 1.0)
    for name, family in _FAMILIES.items()
}
_FAMILY_OF = _first_letters()
_UNSPACED = ("kana", "han")
_FIRST = itemgetter(0)


def detect_language(s: str, declared: str = "") -> str:
    """The language of a text.

    Args:
        s: in canonical form; its first 400 words are looked at.
        declared: what the feed says, such as ``uk`` or ``en-GB``; decides when the text does not.

    Returns:
        ISO 639-1 code, ``und`` when nothing is known.
    """
    return language_of(tokenize(s[:4_000]).words, declared)


def language_of(words: Sequence[str], prior: str = "") -> str:
    """The language of a text from its folded words; see :func:`detect_language`."""
    prior = prior.strip().lower().replace("_", "-").partition("-")[0]
    words = words[:_MAX_WORDS]
    family = _family(words)
    languages = _FAMILIES.get(family, [])
    if len(languages) <= 1:
        return languages[0] if languages else prior or UNKNOWN
    scores = _scores(family, words)
    if prior in languages:
        scores[prior] = scores.get(prior, 0.0) + _PRIOR
    best = max(scores, key=scores.__getitem__, default=UNKNOWN)
    if best == prior or (best != UNKNOWN and scores[best] >= _ENOUGH):
        return best
    if prior in languages:
        return prior
    return best if scores.get(best, 0) > 1 else "ar" if family == "arabic" else UNKNOWN


def _scores(family: str, words: Sequence[str]) -> dict[str, float]:
    scores: dict[str, float] = {}
    _add(scores, [found for found in map(_BY_WORD[family].get, words) if found is not None])
    best, second = [*sorted(scores.values(), reverse=True), 0.0, 0.0][:2]
    if best - second < _CLEAR:  # looking at every letter costs more than all the rest
        by_letter = _BY_LETTER[family]
        text = "".join(words)
        _add(scores, [found for letter, found in by_letter.items() if letter in text])
    return scores


def _add(scores: dict[str, float], speaking: Iterable[Iterable[tuple[str, float]]]) -> None:
    for found in speaking:
        for language, worth in found:
            scores[language] = scores.get(language, 0.0) + worth


def _family(words: Sequence[str]) -> str:
    firsts = list(map(_FAMILY_OF.get, map(_FIRST, words[:_FIRST_WORDS])))
    families = {*firsts} - {None}
    if len(families) < 2:  # looked at first, since nearly every text is of one alphabet
        return next(iter(families), None) or ""
    counts: dict[str, float] = dict(Counter(family for family in firsts if family is not None))
    for family in _UNSPACED:  # each character is a word
        counts[family] = counts.get(family, 0) / 2
    if 5 * counts["kana"] >= counts["han"]:
        counts["kana"] += counts["han"]
    return max(counts, key=counts.__getitem__)
