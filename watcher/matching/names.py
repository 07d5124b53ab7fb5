"""The forms of names in Ukrainian, Russian, Polish, German and Czech, by the ending of the word.

Names are not in dictionaries, and guessing their lemma in running text goes wrong; their endings are regular, so the
forms are made when the rules are compiled. A table row says: a word that ends in one of these *endings* loses its last
*cut* letters and takes each of these *tails*. The first row that fits is used, so longer endings come first. A form too
many does no harm (it is in no text), a missing one hides an article: where an ending is ambiguous, the tails of both
readings are listed.

``m`` and ``f`` mark rows of one gender. A woman's surname in a consonant or in -о, -e, -y does not change. A surname
with two genders and no gender given (a family, or a topic that does not care) gets the forms of both.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

DECLINED = ("uk", "ru", "pl", "de", "cs")


@dataclass(frozen=True, slots=True)
class _Row:
    endings: tuple[str, ...]
    cut: int
    tails: tuple[str, ...]
    other_gender: tuple[str, ...] = ()


def _row(endings: str, cut: int, tails: str, other_gender: str = "") -> _Row:
    """``-`` stands for no tail."""
    parts = (tuple("" if tail == "-" else tail for tail in text.split()) for text in (tails, other_gender))
    return _Row(tuple(endings.split()) or ("",), cut, *parts)


_UK = (
    _row("ський цький зький", 2, "ий ого ому им ім", "а ої ій у ою"),
    _row("ська цька зька", 1, "а ої ій у ою"),
    _row("ське цьке зьке", 1, "е ого ому им ім"),
    _row("ські цькі зькі", 1, "і их им ими"),
    _row("дім", 2, "ім ому ома омові омом омі"),
    _row("ріг", 2, "іг огу ога огові огом озі"),
    _row("схід захід", 2, "ід оду одові одом оді"),
    _row("ння ття лля ддя ззя ссся ччя шшя жжя", 1, "я ю ям і"),
    _row("ій", 1, "й я ю єві єм ї ього ьому ім"),
    _row("ий ой", 2, "ий ой ого ому им ім", "а ої ій у ою"),
    _row("єв ев ов ін їн ин", 0, "- а у ові им ом і е", "а ої ій у ою"),
    _row("їв", 2, "їв єва єву єву єві євом євові"),
    _row("ів", 2, "ів ова ову овові ові овом ева еву еві евом"),
    _row("ова ева єва іна їна ина", 1, "а ої и ій і у ою о"),
    _row("ка", 2, "ка ки ці ку кою ко"),
    _row("га", 2, "га ги зі гу гою го"),
    _row("ха", 2, "ха хи сі ху хою хо"),
    _row("жа ча ша ща", 1, "а і у ею е"),
    _row("на ва", 1, "а и і у ою о ої ій"),
    _row("а", 1, "а и і у ою о"),
    _row("ія ея оя ая уя", 1, "я ї ю єю є"),
    _row("я", 1, "я і ї ю ею єю є"),
    _row("ець", 3, "ець ця цю цеві цем ці че"),
    _row("ень", 3, "ень ня ню неві нем ні"),
    _row("ь", 1, "ь я ю еві ем і"),
    _row("й", 1, "й я ю єві єм ї"),
    _row("ок", 2, "ок ка ку кові ком ці оку ока оком окові"),
    _row("ек", 2, "ек ка ку кові ком еку ека еком екові"),
    _row("ж ч ш щ", 0, "- а у еві ові ем ом і е"),
    _row("іо ео ао уо", 0, "-"),
    _row("ко", 1, "о а у ові ом"),
    _row("о", 1, "о а у ові ом і"),
    _row("не ле", 1, "е ого ому им ім"),
    _row("и", 1, "и ів ам ами ах -"),
    _row("ні ві лі", 1, "і их им ими"),
    _row("е є і ї у ю", 0, "-"),
    _row("", 0, "- а у ові ом і е"),
)

_RU = (
    _row("ский цкий ской цкой", 2, "ий ой ого ому им ом", "ая ой ую ою"),
    _row("ская цкая", 2, "ая ой ую ою"),
    _row("ское цкое", 2, "ое ого ому им ом"),
    _row("ские цкие", 2, "ие их им ими"),
    _row("ый ой", 2, "ый ой ого ому ым ом", "ая ой ую ою"),
    _row("ий", 2, "ий ия ию ием ии его ему им ем"),
    _row("ая", 2, "ая ой ую ою"),
    _row("яя", 2, "яя ей юю ею"),
    _row("ое", 2, "ое ого ому ым ом"),
    _row("ее", 2, "ее его ему им ем"),
    _row("ые", 2, "ые ых ым ыми"),
    _row("ие", 2, "ие их им ими ия ию ием ии ий"),
    _row("ов ев ёв ин ын", 0, "- а у ым ом е", "а ой у ою"),
    _row("ова ева ёва ина ына", 1, "а ой ы у е ою"),
    _row("ца", 1, "а ы е у ей ою"),
    _row("га ка ха", 1, "а и е у ой ою"),
    _row("жа ча ша ща", 1, "а и е у ей ой"),
    _row("на", 1, "а ы е у ой ою"),
    _row("а", 1, "а ы е у ой ою"),
    _row("ия", 1, "я и ю ей"),
    _row("я", 1, "я и е ю ей ёй ею"),
    _row("ец", 2, "ец ца цу цом цем це"),
    _row("ь", 1, "ь я ю ем ём е и ью"),
    _row("й", 1, "й я ю ем е и"),
    _row("ок", 2, "ок ка ку ком ке ока оку оком оке"),
    _row("ек", 2, "ек ка ку ком ке ька ьку ьком ьке ека еку еком еке"),
    _row("ж ч ш щ ц", 0, "- а у ем ом е"),
    _row("ио ео ао уо ко", 0, "-"),
    _row("о", 1, "о а у ом е"),
    _row("ы", 1, "ы ов ам ами ах -"),
    _row("е и у ю э", 0, "-"),
    _row("", 0, "- а у ом е"),
)

_PL = (
    _row("ski cki dzki", 1, "i iego iemu im", "a iej ą"),
    _row("ska cka dzka", 1, "a iej ą"),
    _row("skie ckie dzkie", 2, "ie iego iemu im ich imi"),
    _row("wa", 1, "a y ie ę ą o ej"),
    _row("na", 1, "a y ie ę ą o ej"),
    _row("ta", 2, "ta ty cie tę tą to tej"),
    _row("da", 2, "da dy dzie dę dą do"),
    _row("ra", 2, "ra ry rze rę rą ro"),
    _row("ła", 2, "ła ły le łę łą ło łej"),
    _row("ka", 2, "ka ki ce kę ką ko kiej"),
    _row("ga", 2, "ga gi dze gę gą go"),
    _row("cha", 3, "cha chy sze chę chą cho"),
    _row("ma ba pa sa za fa", 1, "a y ie ę ą o"),
    _row("ia", 1, "a i ii ę ą o"),
    _row("ja la ca sza cza rza ża", 1, "a i y ę ą o"),
    _row("a", 1, "a y i ie ę ą o"),
    _row("io", 1, "o a owi em u"),
    _row("ko", 1, "o i a ę ą u owi iem ce"),
    _row("stwo ctwo", 1, "o a u em ie"),
    _row("o", 1, "o a u owi em ie"),
    _row("ium", 0, "-"),
    _row("iec", 3, "iec ca cu cowi cem"),
    _row("ek", 2, "ek ka kowi kiem ku eka ekowi ekiem eku"),
    _row("k g", 0, "- a u owi iem"),
    _row("t", 1, "t ta tu towi tem cie"),
    _row("d", 1, "d da du dowi dem dzie"),
    _row("sz cz rz ż c l j", 0, "- a u owi em"),
    _row("r", 0, "- a u owi em ze"),
    _row("ł", 1, "ł ła łu łowi łem le"),
    _row("ch", 0, "- a u owi em"),
    _row("ń", 1, "ń nia niu niowi niem"),
    _row("ś", 1, "ś sia siu siowi siem"),
    _row("ć", 1, "ć cia ciu ciowi ciem ci cią"),
    _row("ź", 1, "ź zia ziu ziowi ziem"),
    _row("yj ij", 2, "yj ij yja yjowi yjem ego emu ym iego iemu im"),
    _row("y", 1, "y ego emu ym ów om ami ach - e ych ymi"),
    _row("i", 1, "i iego iemu im ich imi ów om ami ach"),
    _row("e", 1, "e ego emu em ym ych ymi"),
    _row("u ó ę ą", 0, "-"),
    _row("", 0, "- a u owi em ie"),
)

_DE = (
    _row("es er", 2, "es er e en em ers"),
    _row("e", 1, "e es er en em"),
    _row("s x z ß", 0, "- es"),
    _row("", 0, "- s es"),
)

_CS = (
    _row("ský cký", 1, "ý ého ému ým ém", "á é ou"),
    _row("ská cká", 1, "á é ou"),
    _row("ské cké", 1, "é ého ému ým ém ých ými"),
    _row("yj ij", 2, "yj ij ého ému ým ém yje yji yjem"),
    _row("ová", 1, "á é ou"),
    _row("á", 1, "á é ou"),
    _row("ý", 1, "ý ého ému ým ém í ých ými", "á é ou"),
    _row("é", 1, "é ého ému ým ém ých ými"),
    _row("ka", 2, "ka ky ce kovi ku ko kou"),
    _row("ga ha", 2, "ga gy ze govi gu gou ha hy zi hu hou"),
    _row("ra", 2, "ra ry ře rovi ru ro rou"),
    _row("ca ča ša ža řa ja", 1, "a i e ovi u o ou y"),
    _row("ia", 1, "a e i u o ou"),
    _row("a", 1, "a y ě e ovi u o ou"),
    _row("ie", 1, "e i í"),
    _row("io", 1, "o a ovi em u"),
    _row("o", 1, "o a u ovi em ě e"),
    _row("ec", 2, "ec ce ci covi cem"),
    _row("ek", 2, "ek ka ku kovi kem eka eku ekovi ekem"),
    _row("el", 2, "el la lu lovi lem ela elu elovi elem"),
    _row("š č ř ž c j ď ť ň", 0, "- e i ovi em"),
    _row("y", 1, "y ů ům ech - ho mu m"),
    _row("i", 1, "i iho imu im ové"),
    _row("e", 1, "e ho eho emu em ovi i"),
    _row("í ě u ů ú", 0, "-"),
    _row("", 0, "- a u ovi em e ě"),
)

_TABLES = {"uk": _UK, "ru": _RU, "pl": _PL, "de": _DE, "cs": _CS}
_FEMININE_ENDINGS = {"uk": "ая", "ru": "ая", "pl": "a", "de": "", "cs": "aáe"}


@lru_cache(maxsize=20_000)
def forms(word: str, language: str, gender: str = "") -> tuple[str, ...]:
    """All forms of one word of a name, in small letters, sorted; the word itself is among them.

    Args:
        word: in its dictionary form, with or without capitals.
        language: ISO 639-1; a word of a language that is not declined has one form.
        gender: ``m`` or ``f`` for a person, empty for anything else and for people of unknown gender.
    """
    low = word.lower()
    table = _TABLES.get(language, ())
    if len(low) < 3 or not low[-1].isalpha() or _is_fixed(low, language, gender):
        return (low,)
    for row in table:
        if low.endswith(row.endings) and len(low) > row.cut:
            tails = row.tails + (row.other_gender if not gender else ())
            stem = low[: len(low) - row.cut]
            return tuple(sorted({low} | {stem + tail for tail in tails}))
    return (low,)


def _is_fixed(low: str, language: str, gender: str) -> bool:
    """A woman's name that does not end as names of women do is the same in all cases."""
    return gender == "f" and language != "de" and low[-1] not in _FEMININE_ENDINGS.get(language, "")
