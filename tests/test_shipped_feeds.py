"""The shipped feeds.yml: its size and breadth, and that the page about it names every feed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

import pytest
import yaml

from watcher.model import OutletClass

ROOT = Path(__file__).parent.parent
FEEDS_FILE = ROOT / "config" / "feeds.yml"
FEEDS_PAGE = ROOT / "docs" / "feeds.md"

ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
ROW = re.compile(r"^\| `(?P<id>[a-z0-9-]+)` \| [^|]+ \| (?P<language>[a-z]{2}) \| <(?P<url>[^>]+)> \|", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Shipped:
    """One feed as the file has it, with what its outlet says."""

    id: str
    outlet_id: str
    url: str
    language: str
    tags: tuple[str, ...]


@pytest.fixture(scope="module")
def outlets() -> dict[str, Any]:
    document = yaml.load(FEEDS_FILE.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    found: dict[str, Any] = document["outlets"]
    return found


@pytest.fixture(scope="module")
def feeds(outlets: dict[str, Any]) -> tuple[Shipped, ...]:
    return tuple(_feeds(outlets))


def _feeds(outlets: dict[str, Any]) -> Iterator[Shipped]:
    for outlet_id, outlet in outlets.items():
        for item in outlet["feeds"]:
            yield Shipped(
                id=item.get("id", outlet_id),
                outlet_id=outlet_id,
                url=item["url"],
                language=item.get("language", outlet["language"]),
                tags=tuple(item.get("tags", ())),
            )


def test_there_are_at_least_sixty_feeds(feeds: tuple[Shipped, ...]) -> None:
    """A stranger's first run watches a real breadth of outlets."""
    assert len(feeds) >= 60


def test_there_are_at_least_ten_languages(feeds: tuple[Shipped, ...]) -> None:
    """The languages that the shipped topics speak are all there."""
    languages = {feed.language for feed in feeds}
    assert len(languages) >= 10
    assert languages >= {"en", "uk", "ru", "de", "fr", "pl", "es", "it", "pt", "ro", "cs", "tr", "ar", "zh"}


def test_no_key_is_written_twice() -> None:
    """YAML would silently keep only the last outlet of a name."""
    keys = re.findall(r"^  ([a-z0-9-]+):$", FEEDS_FILE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(keys) == len(set(keys))


def test_no_url_is_polled_twice(feeds: tuple[Shipped, ...]) -> None:
    """Two addresses that differ only in scheme, case of the host or the last slash are one feed."""
    urls = [re.sub(r"^https?://(www\.)?", "", feed.url.lower()).rstrip("/") for feed in feeds]
    assert len(urls) == len(set(urls))


def test_ids_are_well_formed_and_unique(outlets: dict[str, Any], feeds: tuple[Shipped, ...]) -> None:
    """Ids last for ever, so they must be clean from the start."""
    ids = [feed.id for feed in feeds]
    assert len(ids) == len(set(ids))
    assert [name for name in {*ids, *outlets} if not ID.fullmatch(name)] == []


def test_several_feeds_of_an_outlet_are_named(outlets: dict[str, Any]) -> None:
    """An id that counts places would change its meaning when a feed is removed."""
    several = [outlet["feeds"] for outlet in outlets.values() if len(outlet["feeds"]) > 1]
    assert [item for items in several for item in items if "id" not in item] == []


def test_outlets_say_who_they_are(outlets: dict[str, Any]) -> None:
    """Class, family, country and language decide what an alert counts as a source."""
    for outlet_id, outlet in outlets.items():
        assert outlet["class"] in get_args(OutletClass), outlet_id
        assert ID.fullmatch(outlet["family"]), outlet_id
        assert re.fullmatch(r"[a-z]{2}|int", outlet["country"]), outlet_id
        assert re.fullmatch(r"[a-z]{2}", outlet["language"]), outlet_id
        assert outlet["name"].strip(), outlet_id


def test_addresses_are_public_web_addresses(feeds: tuple[Shipped, ...]) -> None:
    """Nothing shipped points into a private network or carries a password."""
    for feed in feeds:
        parts = urlsplit(feed.url)
        assert parts.scheme in {"http", "https"}, feed.url
        assert parts.hostname is not None, feed.url
        assert "." in parts.hostname, feed.url
        assert parts.username is None, feed.url


@pytest.mark.parametrize(
    ("country", "language"),
    [("ua", "uk"), ("ua", "en"), ("ua", "ru"), ("us", "en"), ("ru", "ru"), ("ru", "en"), ("gb", "en"), ("de", "de")],
)
def test_the_sides_are_heard_in_their_editions(outlets: dict[str, Any], country: str, language: str) -> None:
    """Ukrainian outlets in three languages, and the media of the others who negotiate."""
    assert [o for o in outlets.values() if (o["country"], o["language"]) == (country, language)]


@pytest.mark.parametrize("country", ["ua", "us", "ru", "gb", "de", "fr", "eu", "int"])
def test_official_voices_are_there(outlets: dict[str, Any], country: str) -> None:
    """What governments and international bodies say is read at its source."""
    assert [o for o in outlets.values() if o["class"] == "official" and o["country"] == country]


def test_media_of_one_owner_share_a_family(outlets: dict[str, Any]) -> None:
    """Editions of one publisher must not look like independent confirmations."""
    family = {outlet_id: outlet["family"] for outlet_id, outlet in outlets.items()}
    for same in (("pravda-uk", "pravda-en", "nv-uk"), ("unian-uk", "tsn"), ("ria", "sputnik-en"), ("rt-en", "rt-ru")):
        assert len({family[outlet_id] for outlet_id in same}) == 1, same
    assert family["rt-en"] != family["ria"] != family["tass-ru"]


def test_only_feeds_about_ukraine_have_its_tag(outlets: dict[str, Any], feeds: tuple[Shipped, ...]) -> None:
    """The tag stands in for a mention of Ukraine, so a feed of general news must not have it."""
    for feed in feeds:
        if "ukraine" in feed.tags:
            official = outlets[feed.outlet_id]["class"] == "official" and outlets[feed.outlet_id]["country"] == "ua"
            assert official or "ukraine" in feed.url or feed.id == "ukrinform-en-war", feed.id


def test_the_page_about_the_feeds_has_a_row_for_each(feeds: tuple[Shipped, ...]) -> None:
    """Whoever doubts an address finds where it comes from, and no row outlives its feed."""
    rows = {(row["id"], row["language"], row["url"]) for row in ROW.finditer(FEEDS_PAGE.read_text(encoding="utf-8"))}
    assert rows == {(feed.id, feed.language, feed.url) for feed in feeds}


def test_the_page_counts_right(feeds: tuple[Shipped, ...]) -> None:
    """The numbers in its first sentence are those of the file."""
    outlets = len({feed.outlet_id for feed in feeds})
    languages = len({feed.language for feed in feeds})
    sentence = f"ships {len(feeds)} feeds of {outlets} outlets in {languages} languages"
    assert sentence in FEEDS_PAGE.read_text(encoding="utf-8")


def test_the_schema_is_named_in_the_first_line() -> None:
    """Editors complete and check the file by it."""
    first = FEEDS_FILE.read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=schema/feeds.schema.json"
