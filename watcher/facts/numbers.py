"""Number words from 2 to 99, with their inflected and compound forms, in the languages that the facts cover.

Forms are listed, or built where a language builds them (``achtundzwanzig``, ``osmadvacet``). Ordinals are left out on
purpose: "the twentieth point" is no plan of twenty points. The apostrophe of Ukrainian numbers is kept (``п'яти``);
the tokenizer splits there and the reader joins again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Final

from watcher.facts.tables import steps, words

# A line a language, values parted by bars; the first value stands in front ("en/2": from two on, in steps of one).
_LISTED: Final = """
en/2: two | three | four | five | six | seven | eight | nine | ten | eleven | twelve | thirteen | fourteen |
    fifteen | sixteen | seventeen | eighteen | nineteen | twenty
uk/2: два дві двох двом двома | три трьох трьом трьома | чотири чотирьох чотирьом чотирма | п'ять п'яти п'ятьох
    п'ятьма п'ятьом | шість шести шістьох шістьма | сім семи сімох сімома | вісім восьми вісьмох вісьма вісьмома
    | дев'ять дев'яти дев'ятьох дев'ятьма | десять десяти десятьох десятьма
ru/2: два две двух двум двумя | три трех трем тремя | четыре четырех четырем четырьмя | пять пяти пятью | шесть
    шести шестью | семь семи семью | восемь восьми восемью восьмью | девять девяти девятью | десять десяти
    десятью
be/2: два дзве двух | тры трох | чатыры чатырох | пяць пяці | шэсць шасці | сем сямі | восем васьмі | дзевяць
    дзевяці | дзесяць дзесяці
bg/2: два две | три | четири | пет | шест | седем | осем | девет | десет | единадесет единайсет | дванадесет
    дванайсет | тринадесет тринайсет | четиринадесет четиринайсет | петнадесет петнайсет | шестнадесет
    шестнайсет | седемнадесет седемнайсет | осемнадесет осемнайсет | деветнадесет деветнайсет | двадесет двайсет
    дваесет
sr/2: два две dva dvije dve | три tri | четири četiri | пет pet | шест šest | седам седум sedam | осам осум osam
    | девет devet | десет deset | једанаест jedanaest | дванаест dvanaest | тринаест trinaest | четрнаест
    četrnaest | петнаест petnaest | шеснаест šesnaest | седамнаест sedamnaest | осамнаест osamnaest | деветнаест
    devetnaest | двадесет dvadeset
sl/2: dva dve dveh | tri treh | štiri štirih | pet petih | šest šestih | sedem sedmih | osem osmih | devet
    devetih | deset desetih | enajst enajstih | dvanajst dvanajstih | trinajst | štirinajst | petnajst
    petnajstih | šestnajst | sedemnajst | osemnajst | devetnajst devetnajstih | dvajset dvajsetih
pl/2: dwa dwie dwóch dwu dwom dwoma | trzy trzech trzem trzema | cztery czterech czterem czterema | pięć pięciu
    pięcioma | sześć sześciu sześcioma | siedem siedmiu siedmioma | osiem ośmiu ośmioma | dziewięć dziewięciu
    dziewięcioma | dziesięć dziesięciu dziesięcioma | jedenaście jedenastu | dwanaście dwunastu | trzynaście
    trzynastu | czternaście czternastu | piętnaście piętnastu | szesnaście szesnastu | siedemnaście siedemnastu
    | osiemnaście osiemnastu | dziewiętnaście dziewiętnastu | dwadzieścia dwudziestu dwudziestoma
cs/2: dva dvě dvou dvěma | tři tří třem třemi | čtyři čtyř čtyřem | pět pěti | šest šesti | sedm sedmi | osm
    osmi | devět devíti | deset deseti | jedenáct jedenácti | dvanáct dvanácti | třináct třinácti | čtrnáct
    čtrnácti | patnáct patnácti | šestnáct šestnácti | sedmnáct sedmnácti | osmnáct osmnácti | devatenáct
    devatenácti | dvacet dvaceti
sk/2: dva dve dvoch | tri troch | štyri štyroch | päť piatich | šesť šiestich | sedem siedmich | osem ôsmich |
    deväť deviatich | desať desiatich | jedenásť jedenástich | dvanásť dvanástich | trinásť trinástich | štrnásť
    štrnástich | pätnásť pätnástich | šestnásť šestnástich | sedemnásť sedemnástich | osemnásť osemnástich |
    devätnásť devätnástich | dvadsať dvadsiatich
de/2: zwei | drei | vier | fünf | sechs | sieben | acht | neun | zehn | elf | zwölf | dreizehn | vierzehn |
    fünfzehn | sechzehn | siebzehn | achtzehn | neunzehn | zwanzig
nl/2: twee | drie | vier | vijf | zes | zeven | acht | negen | tien | elf | twaalf | dertien | veertien |
    vijftien | zestien | zeventien | achttien | negentien | twintig
sv/2: två | tre | fyra | fem | sex | sju | åtta | nio | tio | elva | tolv | tretton | fjorton | femton | sexton
    | sjutton | arton | nitton | tjugo
da/2: to | tre | fire | fem | seks | syv | otte | ni | ti | elleve | tolv | tretten | fjorten | femten | seksten
    | sytten | atten | nitten | tyve
no/2: to | tre | fire | fem | seks | sju syv | åtte | ni | ti | elleve | tolv | tretten | fjorten | femten |
    seksten | sytten | atten | nitten | tjue
fr/2: deux | trois | quatre | cinq | six | sept | huit | neuf | dix | onze | douze | treize | quatorze | quinze
    | seize
es/2: dos | tres | cuatro | cinco | seis | siete | ocho | nueve | diez | once | doce | trece | catorce | quince
    | dieciséis dieciseis | diecisiete | dieciocho | diecinueve | veinte | veintiún veintiun | veintidós
    veintidos | veintitrés veintitres | veinticuatro | veinticinco | veintiséis veintiseis | veintisiete |
    veintiocho | veintinueve | treinta
ca/2: dos dues | tres | quatre | cinc | sis | set | vuit | nou | deu | onze | dotze | tretze | catorze | quinze
    | setze | disset | divuit | dinou | vint
pt/2: dois duas | três | quatro | cinco | seis | sete | oito | nove | dez | onze | doze | treze | catorze
    quatorze | quinze | dezesseis dezasseis | dezessete dezassete | dezoito | dezenove dezanove | vinte
it/2: due | tre | quattro | cinque | sei | sette | otto | nove | dieci | undici | dodici | tredici | quattordici
    | quindici | sedici | diciassette | diciotto | diciannove | venti
ro/2: doi două | trei | patru | cinci | șase | șapte | opt | nouă | zece | unsprezece | doisprezece douăsprezece
    | treisprezece | paisprezece | cincisprezece | șaisprezece | șaptesprezece | optsprezece | nouăsprezece |
    douăzeci
tr/2: iki | üç | dört | beş | altı | yedi | sekiz | dokuz | on | on | on | on | on | on | on | on | on | on |
    yirmi
el/2: δύο δυο | τρία τριών τρεις | τέσσερα τεσσάρων | πέντε | έξι | επτά εφτά | οκτώ οχτώ | εννέα εννιά | δέκα |
    έντεκα | δώδεκα | δεκατρία δεκατριών | δεκατέσσερα δεκατεσσάρων | δεκαπέντε | δεκαέξι | δεκαεπτά δεκαεφτά |
    δεκαοκτώ δεκαοχτώ | δεκαεννέα δεκαεννιά | είκοσι
lt/2: du dviejų | trys trijų | keturi keturių | penki penkių | šeši šešių | septyni septynių | aštuoni aštuonių
    | devyni devynių | dešimt dešimties | vienuolika vienuolikos | dvylika dvylikos | trylika trylikos |
    keturiolika keturiolikos | penkiolika penkiolikos | šešiolika šešiolikos | septyniolika septyniolikos |
    aštuoniolika aštuoniolikos | devyniolika devyniolikos | dvidešimt dvidešimties
lv/2: divi divu | trīs triju | četri četru | pieci piecu | seši sešu | septiņi septiņu | astoņi astoņu | deviņi
    deviņu | desmit | vienpadsmit | divpadsmit | trīspadsmit | četrpadsmit | piecpadsmit | sešpadsmit |
    septiņpadsmit | astoņpadsmit | deviņpadsmit | divdesmit
et/2: kaks kahe | kolm kolme | neli nelja | viis viie | kuus kuue | seitse seitsme | kaheksa | üheksa | kümme
    kümne | üksteist | kaksteist kaheteistkümne | kolmteist | neliteist | viisteist | kuusteist | seitseteist |
    kaheksateist | üheksateist üheksateistkümne | kakskümmend kahekümne
fi/2: kaksi kahden | kolme kolmen | neljä neljän | viisi viiden | kuusi kuuden | seitsemän | kahdeksan |
    yhdeksän | kymmenen
hu/2: kettő két | három | négy | öt | hat | hét | nyolc | kilenc | tíz | tizenegy | tizenkét tizenkettő |
    tizenhárom | tizennégy | tizenöt | tizenhat | tizenhét | tizennyolc | tizenkilenc | húsz
ar/2: اثنان اثنين | ثلاثة ثلاث | أربعة أربع | خمسة خمس | ستة ست | سبعة سبع | ثمانية ثماني ثمان | تسعة تسع | عشرة
    عشر
he/2: שתי שני | שלוש שלושה | ארבע ארבעה | חמש חמישה | שש שישה | שבע שבעה | שמונה | תשע תשעה | עשר עשרה
ka/2: ორი | სამი | ოთხი | ხუთი | ექვსი | შვიდი | რვა | ცხრა | ათი | თერთმეტი | თორმეტი | ცამეტი | თოთხმეტი |
    თხუთმეტი | თექვსმეტი | ჩვიდმეტი | თვრამეტი | ცხრამეტი | ოცი
vi/2: hai | ba | bốn | năm | sáu | bảy | tám | chín | mười
id/2: dua | tiga | empat | lima | enam | tujuh | delapan | sembilan | sepuluh
"""

# The tens, in steps of ten.
_TENS: Final = """
en/20: twenty | thirty | forty | fifty | sixty | seventy | eighty | ninety
uk/40: сорок сорока | п'ятдесят п'ятдесяти | шістдесят шістдесяти | сімдесят сімдесяти | вісімдесят вісімдесяти
    | дев'яносто дев'яноста
ru/40: сорок сорока | пятьдесят пятидесяти | шестьдесят шестидесяти | семьдесят семидесяти | восемьдесят
    восьмидесяти | девяносто девяноста
be/20: дваццаць дваццаці | трыццаць трыццаці | сорак сарака
bg/30: тридесет трийсет | четиридесет четирийсет | петдесет | шестдесет шейсет | седемдесет | осемдесет |
    деветдесет
sr/30: тридесет trideset | четрдесет četrdeset | педесет pedeset | шездесет šezdeset | седамдесет sedamdeset |
    осамдесет osamdeset | деведесет devedeset
sl/30: trideset tridesetih | štirideset | petdeset | šestdeset | sedemdeset | osemdeset | devetdeset
pl/30: trzydzieści trzydziestu | czterdzieści czterdziestu | pięćdziesiąt pięćdziesięciu | sześćdziesiąt
    sześćdziesięciu | siedemdziesiąt siedemdziesięciu | osiemdziesiąt osiemdziesięciu | dziewięćdziesiąt
    dziewięćdziesięciu
cs/30: třicet třiceti | čtyřicet čtyřiceti | padesát padesáti | šedesát šedesáti | sedmdesát sedmdesáti |
    osmdesát osmdesáti | devadesát devadesáti
sk/30: tridsať tridsiatich | štyridsať štyridsiatich | päťdesiat | šesťdesiat | sedemdesiat | osemdesiat |
    deväťdesiat
de/30: dreißig dreissig | vierzig | fünfzig | sechzig | siebzig | achtzig | neunzig
nl/30: dertig | veertig | vijftig | zestig | zeventig | tachtig | negentig
sv/30: trettio | fyrtio | femtio | sextio | sjuttio | åttio | nittio
da/30: tredive | fyrre | halvtreds | tres | halvfjerds | firs | halvfems
no/30: tretti | førti | femti | seksti | sytti | åtti | nitti
fr/20: vingt vingts | trente | quarante | cinquante | soixante | septante | huitante octante | nonante
es/40: cuarenta | cincuenta | sesenta | setenta | ochenta | noventa
ca/20: vint | trenta | quaranta | cinquanta | seixanta | setanta | vuitanta | noranta
pt/30: trinta | quarenta | cinquenta | sessenta | setenta | oitenta | noventa
it/30: trenta | quaranta | cinquanta | sessanta | settanta | ottanta | novanta
ro/30: treizeci | patruzeci | cincizeci | șaizeci | șaptezeci | optzeci | nouăzeci
tr/20: yirmi | otuz | kırk | elli | altmış | yetmiş | seksen | doksan
el/30: τριάντα | σαράντα | πενήντα | εξήντα | εβδομήντα | ογδόντα | ενενήντα
lt/30: trisdešimt | keturiasdešimt | penkiasdešimt | šešiasdešimt | septyniasdešimt | aštuoniasdešimt |
    devyniasdešimt
lv/30: trīsdesmit | četrdesmit | piecdesmit | sešdesmit | septiņdesmit | astoņdesmit | deviņdesmit
et/30: kolmkümmend kolmekümne | nelikümmend neljakümne | viiskümmend viiekümne | kuuskümmend | seitsekümmend |
    kaheksakümmend | üheksakümmend
hu/30: harminc | negyven | ötven | hatvan | hetven | nyolcvan | kilencven
ar/20: عشرون عشرين | ثلاثون ثلاثين | أربعون أربعين | خمسون خمسين | ستون ستين | سبعون سبعين | ثمانون ثمانين |
    تسعون تسعين
he/20: עשרים | שלושים | ארבעים | חמישים | שישים | שבעים | שמונים | תשעים
"""

# Words that may stand between the tens and the units.
CONJUNCTIONS: Final = frozenset(words("і и й i et e y și şi og und ja και a en i"))

_UK_TEENS: Final = "одинадцят дванадцят тринадцят чотирнадцят п'ятнадцят шістнадцят сімнадцят вісімнадцят дев'ятнадцят"
_RU_TEENS: Final = "одиннадцат двенадцат тринадцат четырнадцат пятнадцат шестнадцат семнадцат восемнадцат девятнадцат"

Form = tuple[str, int]


def _listed(table: str, step: int) -> Iterator[tuple[str, Form]]:
    """The forms of a table with their language."""
    for head, places in steps(table):
        language, _, first = head.partition("/")
        for place, forms in enumerate(places):
            for form in forms.split():
                yield language, (form, int(first) + step * place)


def _teens(stems: str, tens: str, endings: Sequence[str]) -> Iterator[Form]:
    """East Slavic numbers on -дцять: the stems of 11 to 19, of 20 and of 30, with each ending."""
    values = [*range(11, 20), 20, 30]
    for stem, value in zip([*stems.split(), *tens.split()], values, strict=True):
        for ending in endings:
            yield stem + ending, value


def _inverted(units: str, joint: str, tens: str, endings: Sequence[str] = ("",)) -> Iterator[Form]:
    """Units before tens in one word: ``achtundzwanzig``, ``osmadvacet``, ``otteogtyve``; units from 1, tens from 20."""
    for (unit, word), (ten, decade) in product(enumerate(units.split(), 1), enumerate(tens.split(), 2)):
        for ending in endings:
            yield word + joint + decade + ending, ten * 10 + unit


def _joined(tens: str, units: str, *, ten_alone: bool = False) -> Iterator[Form]:
    """Tens before units in one word: ``tjugoåtta``, ``huszonnyolc``; units from 1, tens from 20."""
    for ten, decade in enumerate(tens.split(), 2):
        if ten_alone:
            yield decade, ten * 10
        for unit, word in enumerate(units.split(), 1):
            yield decade + word, ten * 10 + unit


def _italian() -> Iterator[Form]:
    """``ventuno``, ``ventotto``: the tens lose their vowel before one and eight; accented ``ventitré`` too."""
    units = words("uno due tre quattro cinque sei sette otto nove")
    for ten, decade in enumerate(words("venti trenta quaranta cinquanta sessanta settanta ottanta novanta"), 2):
        for unit, word in enumerate(units, 1):
            yield (decade[:-1] if unit in {1, 8} else decade) + word, ten * 10 + unit
        yield decade + "tré", ten * 10 + 3


def _finnish() -> Iterator[Form]:
    """Finnish: ``yhdeksäntoista``, ``kaksikymmentäkahdeksan`` and the genitive ``kahdenkymmenenkahdeksan``."""
    nominative = words("yksi kaksi kolme neljä viisi kuusi seitsemän kahdeksan yhdeksän")
    genitive = words("yhden kahden kolmen neljän viiden kuuden seitsemän kahdeksan yhdeksän")
    for forms, ten_word in ((nominative, "kymmentä"), (genitive, "kymmenen")):
        for unit, word in enumerate(forms, 1):
            yield word + "toista", 10 + unit
        for ten in range(2, 10):
            decade = forms[ten - 1] + ten_word
            yield decade, ten * 10
            for unit, word in enumerate(forms, 1):
                yield decade + word, ten * 10 + unit


def _prefixed(language: str, prefixes: Sequence[str]) -> Iterator[Form]:
    """Arabic and Hebrew write "and" and "the" together with the number."""
    for of, (form, value) in (*_listed(_LISTED, 1), *_listed(_TENS, 10)):
        for prefix in prefixes if of == language else ():
            yield prefix + form, value


def _georgian() -> Iterator[Form]:
    """``ოცდარვა``: twenty-and-eight."""
    units = words("ერთი ორი სამი ოთხი ხუთი ექვსი შვიდი რვა ცხრა ათი")
    for unit, word in enumerate(units, 1):
        yield "ოცდა" + word, 20 + unit


_GERMAN_UNITS: Final = "ein zwei drei vier fünf sechs sieben acht neun"
_GERMAN_TENS: Final = "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig"
_DUTCH_UNITS: Final = "een twee drie vier vijf zes zeven acht negen"
_DUTCH_TENS: Final = "twintig dertig veertig vijftig zestig zeventig tachtig negentig"
_CZECH_UNITS: Final = "jedn dva tři čtyři pět šest sedm osm devět"
_CZECH_TENS: Final = "dvacet třicet čtyřicet padesát šedesát sedmdesát osmdesát devadesát"
_SLOVENE_UNITS: Final = "en dva tri štiri pet šest sedem osem devet"
_SLOVENE_TENS: Final = "dvajset trideset štirideset petdeset šestdeset sedemdeset osemdeset devetdeset"


def _built() -> Iterator[tuple[str, Form]]:
    """Forms that a language builds, with the language."""
    builders: list[tuple[str, Iterator[Form]]] = [
        ("uk", _teens(_UK_TEENS, "двадцят тридцят", ("ь", "и", "ьох", "ьом", "ьма"))),
        ("ru", _teens(_RU_TEENS, "двадцат тридцат", ("ь", "и", "ью"))),
        ("de", _inverted(_GERMAN_UNITS, "und", _GERMAN_TENS)),
        ("nl", _inverted(_DUTCH_UNITS, "en", _DUTCH_TENS)),
        ("nl", _inverted("een twee drie vier", "ën", _DUTCH_TENS)),
        ("cs", _inverted(_CZECH_UNITS, "a", _CZECH_TENS, ("", "i"))),
        ("sl", _inverted(_SLOVENE_UNITS, "in", _SLOVENE_TENS, ("", "ih"))),
        ("da", _inverted("en to tre fire fem seks syv otte ni", "og", "tyve tredive fyrre halvtreds tres")),
        ("sv", _joined("tjugo trettio fyrtio femtio", "ett två tre fyra fem sex sju åtta nio")),
        ("no", _joined("tjue tretti førti femti", "en to tre fire fem seks sju åtte ni")),
        ("sk", _joined("dvadsať tridsať štyridsať", "jeden dva tri štyri päť šesť sedem osem deväť")),
        ("tr", _joined("yirmi otuz kırk elli", "bir iki üç dört beş altı yedi sekiz dokuz")),
        ("hu", _joined("huszon harminc negyven ötven", "egy két három négy öt hat hét nyolc kilenc")),
        ("el", _joined("εικοσι τριαντα σαραντα", "ένα δύο τρία τέσσερα πέντε έξι επτά οκτώ εννέα")),
        ("it", _italian()),
        ("fi", _finnish()),
        ("ar", _prefixed("ar", ("و", "ال", "وال"))),
        ("he", _prefixed("he", ("ו", "ה"))),
        ("ka", _georgian()),
    ]
    for language, forms in builders:
        for form in forms:
            yield language, form


def number_words() -> Iterator[tuple[str, str, int]]:
    """Every form as (language, form, value from 2 to 99)."""
    for language, (form, value) in (*_listed(_LISTED, 1), *_listed(_TENS, 10)):
        yield language, form, value
    for language, (form, value) in _built():
        yield language, form, value


_POLISH_TEENS: Final = (
    "dziesięcio jedenasto dwunasto trzynasto czternasto piętnasto szesnasto siedemnasto osiemnasto dziewiętnasto"
)


def _compound_heads() -> dict[str, int]:
    """What stands before "-point" in one word: ``двадцяти`` in ``двадцятипунктний``, with its value."""
    heads = {form: value for _, form, value in number_words() if len(form) > 2}
    for forms in (
        _joined("двадцяти тридцяти сорока", "одно двох трьох чотирьох п'яти шести семи восьми дев'яти", ten_alone=True),
        _joined("двадцати тридцати сорока", "одно двух трех четырех пяти шести семи восьми девяти", ten_alone=True),
        _joined(
            "dwudziesto trzydziesto", "jedno dwu trzy cztero pięcio sześcio siedmio ośmio dziewięcio", ten_alone=True
        ),
        _joined("dvaceti třiceti", "jedno dvou tří čtyř pěti šesti sedmi osmi devíti", ten_alone=True),
        zip(words(_POLISH_TEENS), range(10, 20), strict=True),
        (("pięcio", 5), ("ოც", 20)),
    ):
        heads.update(forms)
    return heads


_POINT_MARKS: Final = words("punkt пункт punten bodov pont точков პუნქტ kohtai kohdan točkov")
_HEADS: Final = _compound_heads()
_HEAD_STARTS: Final = frozenset(head[:3] for head in _HEADS) | {"ოც"}


def compound(word: str) -> tuple[int, str] | None:
    """The number and the rest, from the mark of points on, of ``zwanzigpunkteplan`` or ``двадцятипунктний``."""
    if len(word) < 9 or word[:3] not in _HEAD_STARTS:
        return None
    for mark in _POINT_MARKS:
        at = word.find(mark)
        if at > 1:
            value = _HEADS.get(word[:at]) or _HEADS.get(word[: at - 1])
            return (value, word[at:]) if value else None
    return None


_HAN_DIGITS: Final = {char: value for value, char in enumerate("〇一二三四五六七八九")} | {"两": 2, "兩": 2, "零": 0}


def han_number(text: str) -> int | None:
    """The value of a Chinese or Japanese numeral from 1 to 99, such as ``二十八`` or ``廿八``; None if it is none."""
    text = text.replace("廿", "二十").replace("卅", "三十")
    tens, ten, units = text.partition("十")
    if not ten:
        return _HAN_DIGITS.get(text)
    high = _HAN_DIGITS.get(tens) if tens else 1
    low = _HAN_DIGITS.get(units) if units else 0
    return None if high is None or low is None else high * 10 + low
