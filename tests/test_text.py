"""Canonical text, the fold, words and sentences."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.text import (
    MAX_CHARS,
    MAX_TOKENS,
    canon,
    canonical_url,
    clean_line,
    distinct_words,
    fold,
    fold_word,
    plain,
    plain_word,
    tokenize,
)

ANY_TEXT = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            list(
                "абвіїєґёАІЇЄҐЁ\u0301\u0306\u0308ЗеленськийRubioİıß’ʼ'`-‑–«»“”„\xad\u200b\u202e\xa0\u202f.!?…。\n\t\r ﬁ"
            )
        ),
        st.sampled_from(
            list("أإآةىیک\u064b\u0651\u0640\u200c\u200d١٢٣यूक्ﻻ安全保障ゼレンスキー𝐍𝐚Ａ９\ud83d\udc00ÐÃ\x9fâ€™Р°С")
        ),
    )
)


@given(ANY_TEXT)
def test_canon_is_idempotent(s: str) -> None:
    """Canonical text is left as it is."""
    once = canon(s)
    assert canon(once) == once


@given(ANY_TEXT)
def test_canon_can_be_stored(s: str) -> None:
    """Canonical text has no lone surrogates, and no control characters but newline and tab."""
    canonical = canon(s)
    canonical.encode()
    assert not [c for c in canonical if unicodedata.category(c) == "Cc" and c not in "\n\t"]


@given(ANY_TEXT)
def test_fold_is_one_to_one_and_idempotent(s: str) -> None:
    """The fold keeps the length of the whole and of each part, and folding again changes nothing."""
    folded = fold(s)
    assert len(folded) == len(s)
    assert fold(folded) == folded


@given(ANY_TEXT, ANY_TEXT)
def test_fold_looks_at_each_character_alone(left: str, right: str) -> None:
    """What stands beside a character does not change what it folds to."""
    assert fold(left + right) == fold(left) + fold(right)


@given(ANY_TEXT)
def test_words_are_slices_in_order(s: str) -> None:
    """Each word is a slice of the text, in order, inside the span of its sentence."""
    text = canon(s)
    tokens = tokenize(text)
    position = 0
    for word, start, end, sentence in zip(tokens.words, tokens.starts, tokens.ends, tokens.sentences, strict=True):
        assert position <= start < end
        assert len(word) == end - start
        first, last = tokens.sentence_spans[sentence]
        assert first <= start < end <= last
        position = end
    assert list(tokens.sentences) == sorted(tokens.sentences)
    assert list(tokens.paragraphs) == sorted(tokens.paragraphs)
    assert sorted(set(tokens.sentences)) == list(range(len(tokens.sentence_spans)))


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("безпе\xadки", "безпеки"),
        ("Зе\u200bленський", "Зеленський"),
        ("гара\u0301нтії", "гарантії"),
        ("Йдеться про и\u0306 та ї", "Йдеться про й та ї"),
        ("ﬁrst ﬂoor", "first floor"),
        ("№ 5, ½ and m²", "№ 5, ½ and m²"),
        ("\u202eevil\u202c", "evil"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("bell\x07 \x1b[31m", "bell [31m"),
        ("Ð“Ð°Ñ€Ð°Ð½Ñ‚Ñ–Ñ— Ð±ÐµÐ·Ð¿ÐµÐºÐ¸", "Гарантії безпеки"),
        ("РіР°СЂР°РЅС‚РёРё", "гарантии"),
        ("GarantÃ\xadas de seguridad", "Garantías de seguridad"),
        ("lâ€™Ukraine", "l’Ukraine"),
        ("الضَّمَانَات", "الضمانات"),
        ("الأمنـــية", "الأمنية"),
        ("ﻻ", "لا"),
        ("\ud83d\ude00 \ud83d", "😀 \ufffd"),
    ],
)
def test_canon_repairs(written: str, canonical: str) -> None:
    """What hides or splits words is repaired, and what carries meaning is left."""
    assert canon(written) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "« À propos », l’Otan a dit : « C’est l’été… » à Paris",
        "Рік СРСР: «Річ у тім, що Рівне – це Рівне»",
        "Größe, Fuß“, Straße…",
        "Ženeva, Česko, příměří",
        "安全保障について。",
    ],
)
def test_canon_leaves_sound_text(text: str) -> None:
    """Ordinary text of many languages is not taken for mojibake."""
    assert canon(text) == text


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("ЗЕЛЕНСЬКИЙ", "зеленський"),
        ("зобов’язання", "зобовʼязання"),
        ("28‑Punkte–Plan", "28-punkte-plan"),
        ("Ещё", "еще"),
        ("Ґенеза", "генеза"),
        ("İSTANBUL ısrar", "istanbul israr"),
        ("ＮＡＴＯ", "nato"),
        ("𝐍𝐀𝐓𝐎", "nato"),
        ("٢٨", "28"),
        ("أمنية", "امنيه"),
        ("securităţii", "securității"),
        ("ΕΓΓΎΗΣΗΣ", "εγγυησησ"),
        ("600\u202f000", "600 000"),
    ],
)
def test_fold_makes_one_of(a: str, b: str) -> None:
    """Spellings that mean the same word fold to the same."""
    assert fold(a) == fold(b)


def test_latin_accents_are_kept() -> None:
    """Accents tell words apart in Polish and Czech, so the fold keeps them."""
    assert fold("Zełenski") != fold("Zelenski")


@pytest.mark.parametrize("word", ["Гарантiї", "бeзпеки", "Рубio", "СBО"])
def test_latin_lookalikes_in_a_cyrillic_word_are_repaired(word: str) -> None:
    """A word with a few letters of the other alphabet becomes a word of one."""
    (token,) = tokenize(word).words
    assert not any("a" <= c <= "z" for c in token)


def test_a_cyrillic_letter_in_a_latin_word_is_repaired() -> None:
    """The repair works in both directions."""
    assert tokenize("Zеlensky").words == ("zelensky",)


def test_hyphens_and_apostrophes_end_words() -> None:
    """Compounds and elisions fall into their parts."""
    assert tokenize("l’Otan: 28‑Punkte‑Plan, Trump’s").words == ("l", "otan", "28", "punkte", "plan", "trump", "s")


def test_each_chinese_character_is_a_word() -> None:
    """Unspaced text is cut into characters, other words beside it stay whole."""
    tokens = tokenize("乌克兰NATO安全。ゼレンスキー・28点")
    assert tokens.words == (*"乌克兰", "nato", *"安全ゼレンスキー", "28", "点")
    assert tokens.sentences[:6] == (0,) * 6
    assert tokens.sentences[6] == 1


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Перше речення. Друге речення! Третє?", 3),
        ("Mr. Rubio met Sen. Graham. They spoke.", 2),
        ("М. Рубіо приїхав. Він мовчав.", 2),
        ("Am 26. November trafen sie sich. Es war kalt.", 2),
        ("План скоротили з 28 до 19. Про це заявив Рубіо.", 2),
        ("The U.S. Senate voted. It passed.", 2),
        ("It cost 3.5 million. Fine.", 2),
        ("Стаття ст. 5 договору. Кінець.", 2),
        ("«Ні!» – сказав він.", 1),
        ("Так сказав він.Потім вийшов.", 2),
        ("в м.Київ прибув", 1),
        ("Заголовок\nТекст", 2),
        ("他说。她说！", 2),
        ("قال ذلك. ثم ذهب؟ نعم", 3),
        ("...", 0),
        ("", 0),
    ],
)
def test_sentences(text: str, count: int) -> None:
    """Sentences end where a reader ends them."""
    assert len(tokenize(text).sentence_spans) == count


@pytest.mark.parametrize(
    "text",
    [
        "Die EU gibt 90 Mrd. Euro.", "Es sind 5 Mio. Menschen.", "Das Paket von 210 mrd. EUR",
        "Виділять 90 млрд. Євро.", "Потребуются 5 трлн. Рублей.", "A loan of $90 bn. Ukraine needs it.",
        "To 90 mld. Euro.", "Přes 5 tis. Vojáků.", "Es kostet 3 Tsd. Euro.",
    ],
)  # fmt: skip
def test_units_that_are_cut_short_end_no_sentence(text: str) -> None:
    """Number and unit of an amount stay together."""
    assert len(tokenize(text).sentence_spans) == 1


@pytest.mark.parametrize("text", ["He went to Brno. BN. Then he left.", "Trwało to tylko mil. Potem nic."])
def test_words_that_units_look_like_end_sentences(text: str) -> None:
    """Without a number before them they are words."""
    assert len(tokenize(text).sentence_spans) > 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("यूक्रेन की सुरक्षा गारंटी", ["यूक्रेन", "की", "सुरक्षा", "गारंटी"]),
        ("ยูเครน สันติภาพ", ["ยูเครน", "สันติภาพ"]),
        ("உக்ரைன் அமைதி", ["உக்ரைன்", "அமைதி"]),
        ("ইউক্রেন শান্তি", ["ইউক্রেন", "শান্তি"]),
        ("ukė̃ x", ["ukė̃", "x"]),
    ],
)
def test_marks_of_letters_are_parts_of_words(text: str, words: list[str]) -> None:
    """Vowel signs and tones of India, Thailand and others do not cut words."""
    assert list(tokenize(canon(text)).words) == words


@given(st.text(st.sampled_from("abYZгґёЁєіїИйй́ыæß1'-a"), max_size=6))
def test_a_plain_word_is_the_word_of_the_text(s: str) -> None:
    """The short way to fold a word gives what the long way gives, or nothing."""
    assert plain_word(s) in {"", fold_word(s)}
    if plain_word(s):
        assert tokenize(s).words == (plain_word(s),)


def test_a_mark_without_a_letter_is_no_word() -> None:
    """Such as in a list of accents."""
    assert tokenize("\u0301 a \u0302\u0303").words == ("a",)


def test_sentences_of_hindi_end_with_a_danda() -> None:
    """The stroke is a full stop."""
    assert len(tokenize("यह शांति है। यह योजना है॥ अंत").sentence_spans) == 3


@pytest.mark.parametrize(
    ("with_joiner", "without"), [("آتش\u200cبس", "آتشبس"), ("می\u200cخواهد", "میخواهد"), ("क्\u200dया", "क्या")]
)
def test_joiners_are_kept_and_words_match_without(with_joiner: str, without: str) -> None:
    """In Persian and Hindi they are spelling, which not everybody keeps to."""
    assert canon(with_joiner) == with_joiner
    tokens = tokenize(with_joiner)
    assert tokens.words == tokenize(without).words
    assert (tokens.starts, tokens.ends) == ((0,), (len(with_joiner),))
    assert distinct_words(with_joiner) == frozenset(tokens.words)
    assert fold_word(with_joiner) == tokens.words[0]


@pytest.mark.parametrize("hidden", ["Rub\u200dio", "Руб\u200cио", "\u200cRubio", "پ\u200c Rubio", "\u200d\u200c"])
def test_joiners_elsewhere_hide_words_and_go(hidden: str) -> None:
    """Between other letters, or at the edge of a word, they mean nothing."""
    assert not set("\u200c\u200d") & set(canon(hidden))


def test_paragraphs_are_lines() -> None:
    """Each line is a paragraph; empty ones do not count."""
    assert tokenize("a. B\n\n \nc").paragraphs == (0, 0, 1)


def test_sentence_spans_hold_the_marks() -> None:
    """A sentence comes with its quotes and end marks and without the space around it."""
    text = " «Так». Ні! \n Кінець"
    assert [text[a:b] for a, b in tokenize(text).sentence_spans] == ["«Так».", "Ні!", "Кінець"]


@pytest.mark.parametrize(
    "hostile",
    [
        "." * 200_000,
        "." * 200_000 + "a",
        ".)" * 100_000,
        ". " * 100_000,
        " " * 200_000,
        "a" * 200_000,
        "aб" * 100_000,
        "a.B" * 70_000,
        "\u0301" * 200_000,
        "а\u0301" * 100_000,
        "Ð" * 200_000,
        "Ã©" * 100_000,
        "Р°" * 100_000,
        "1." * 100_000,
        "<" * 200_000,
        "<!--" * 50_000,
        "<script>" * 25_000,
        "&amp;" * 40_000,
        "&#x26;" * 33_000,
        "\n" * 200_000,
        "İ" * 200_000,
        "\ud800" * 200_000,
    ],
    ids=lambda s: ascii(s[:8]),
)
def test_hostile_text_takes_linear_time(hostile: str) -> None:
    """No text of the greatest size takes longer than a second."""
    begin = time.perf_counter()
    tokens = tokenize(canon(hostile))
    plain(hostile)
    assert time.perf_counter() - begin < 2
    assert len(tokens) <= MAX_TOKENS


def test_what_is_too_long_is_not_read() -> None:
    """Beyond the limit of characters there are no words."""
    assert tokenize(" " * MAX_CHARS + "word").words == ()


@pytest.mark.parametrize(
    ("fragment", "text"),
    [
        ("Peace &amp; guarantees", "Peace & guarantees"),
        ("<p>One<br>two</p><p>Three</p>", "One\ntwo\nThree"),
        ("&lt;p&gt;Зе<b>лен</b>ський&amp;nbsp;сказав&lt;/p&gt;", "Зеленський\xa0сказав".replace("\xa0", " ")),
        ("a < b and c > d", "a < b and c > d"),
        ("x<!-- hidden -->y<script>alert(1)</script>z", "xyz"),
        ("<style>p{}</style>Text<!-- open", "Text"),
        ("  A \n\n B\t C ", "A\nB C"),
        ("&#1047;&#1077;", "Зе"),
        ("бе&shy;зпека", "безпека"),
    ],
)
def test_plain(fragment: str, text: str) -> None:
    """Markup of a feed item becomes the text that a reader sees."""
    assert plain(fragment) == text


@given(ANY_TEXT)
def test_plain_is_canonical(s: str) -> None:
    """Plain text is in canonical form."""
    assert canon(plain(s)) == plain(s)


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("HTTP://WWW.Example.org:80/A/?utm_source=x&b=2&a=1#top", "https://example.org/A?a=1&b=2"),
        ("https://m.example.org/news/1/amp/", "https://example.org/news/1"),
        ("https://amp.example.org/amp/news/1?fbclid=1", "https://example.org/news/1"),
        ("https://example.org/новини?id=5", "https://example.org/%D0%BD%D0%BE%D0%B2%D0%B8%D0%BD%D0%B8?id=5"),
        ("https://example.org/%d0%bd?id=5", "https://example.org/%D0%BD?id=5"),
        ("https://приклад.укр/", "https://xn--80aikifvh.xn--j1amh/"),
        ("http://127.0.0.1:8080/a?x=1", "http://127.0.0.1:8080/a?x=1"),
        ("http://localhost:8080/", "http://localhost:8080/"),
        ("https://example.org", "https://example.org/"),
        ("https://example.org/a?cid=7&source=tv", "https://example.org/a?cid=7&source=tv"),
        ("http://[::1]:81/x", "http://[::1]:81/x"),
        ("ftp://example.org/a", ""),
        ("javascript:alert(1)", ""),
        ("https://", ""),
        ("https://exa mple.org:99999/", ""),
        ("https://example.org/\ud800", ""),
        ("https://example.org/?a=\ud800", ""),
        ("", ""),
    ],
)
def test_canonical_url(url: str, key: str) -> None:
    """Addresses of one article have one key; what is not http(s) has none."""
    assert canonical_url(url) == key


@given(st.one_of(st.text(), st.from_regex(r"https?://[a-zа-я0-9.\[\]:@%/?&=#;+ -]{0,40}")))
def test_canonical_url_is_idempotent(url: str) -> None:
    """The key of a key is the key, and nothing makes it fail."""
    key = canonical_url(url)
    assert canonical_url(key) == key


@given(ANY_TEXT, st.integers(1, 50))
def test_clean_line_is_one_short_line(s: str, limit: int) -> None:
    """The result has no line breaks or control characters and keeps to the limit."""
    line = clean_line(s, limit)
    assert len(line) <= limit
    assert line.isprintable() or not [c for c in line if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"}]
