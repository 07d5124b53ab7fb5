"""Feeds from the command line: discovered, added, removed, examined, taken along as OPML."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.servers.web import Item, WebServer, rss
from tests.test_cli import watcher
from tests.world import write_config
from watcher.config import NewFeed, change_feeds, load, with_feeds, without_feed
from watcher.errors import ConfigError, UsageError
from watcher.feed.opml import read_opml, write_opml
from watcher.model import FeedId

FEEDS = """\
# Our feeds.
outlets:

  times:            # the first one
    name: The Test Times
    country: gb
    language: en
    class: national
    feeds:
      - url: https://times.example/world.xml    # world
        id: world
      # the slow one
      - url: https://times.example/slow.xml
        id: slow
        interval: 2h

  # Nobody reads it.
  post:
    name: Post
    country: de
    language: de
    class: local
    feeds: [{url: "https://post.example/rss", id: post}]

# The end.
"""
NEW = NewFeed("https://new.example/rss?a=1&b=2", "new", "New: a name", "fr", "fr", tags=("world",), interval="15m")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration with commented feeds."""
    write_config(tmp_path, {"one": {"url": "https://times.example/one"}}, targets={"console": {"type": "console"}})
    (tmp_path / "config" / "feeds.yml").write_text(FEEDS, "utf-8")
    return tmp_path / "config"


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as web:
        yield web


# --- changing the file -------------------------------------------------------------------------------------------


def test_what_was_there_stays_as_it_was(config: Path) -> None:
    """A new outlet goes to the end, a new feed to its outlet; every other line is left alone."""
    more = NewFeed("https://times.example/more.xml", "times", id="more")
    before, after = change_feeds(config, {}, lambda text: with_feeds(text, [NEW, more]))
    written = (config / "feeds.yml").read_text("utf-8")
    changes = [line for line in difflib.ndiff(FEEDS.splitlines(), written.splitlines()) if line[0] in "+-"]
    assert len(changes) == 11
    assert all(line.startswith("+") for line in changes)
    assert "    country: fr" in written.splitlines()
    assert {feed.id for feed in after.feeds} - {feed.id for feed in before.feeds} == {"new", "more"}
    (new,) = [feed for feed in after.feeds if feed.id == "new"]
    assert (new.url, new.tags, new.outlet_id) == (NEW.url, ("world",), "new")
    assert [outlet.name for outlet in after.outlets if outlet.id == "new"] == ["New: a name"]


def test_what_was_added_can_be_removed_without_a_trace(config: Path) -> None:
    """Adding and removing give the old text, in blocks and in brackets; the last feed takes its outlet along."""
    text = with_feeds(FEEDS, [NEW, NewFeed("https://post.example/2", "post", id="second")])
    for feed in ("second", "new"):
        text = without_feed(text, FeedId(feed))
    assert text == FEEDS
    compact = json.dumps({"outlets": {"a": {"feeds": [{"url": "x"}]}}})
    assert without_feed(with_feeds(compact, [NEW]), FeedId("new")) == compact
    assert "post:" not in without_feed(FEEDS, FeedId("post"))
    (config / "feeds.yml").write_text(FEEDS.replace("\n", "\r\n"), "utf-8", newline="")
    change_feeds(config, {}, lambda text: with_feeds(text, [NEW]))
    assert b"\n" not in (config / "feeds.yml").read_bytes().replace(b"\r\n", b"")


def test_a_feed_whose_going_would_rename_others_stays() -> None:
    """Ids that follow from the place of a feed must not move: what is known of a feed hangs on its id."""
    text = FEEDS.replace("        id: world\n", "").replace("        id: slow\n", "")
    with pytest.raises(UsageError, match="times-2"):
        without_feed(text, FeedId("times"))


def test_a_change_that_cannot_be_used_is_not_made(config: Path) -> None:
    """The file stays, byte for byte, and nothing lies beside it."""
    there = sorted(config.iterdir())
    with pytest.raises(ConfigError):
        change_feeds(config, {}, lambda text: with_feeds(text, [NewFeed("ftp://new.example", "new", "N", "fr", "fr")]))
    with pytest.raises(ConfigError):
        change_feeds(config, {}, lambda text: with_feeds(text, [NewFeed("https://times.example/slow.xml", "times")]))
    assert (config / "feeds.yml").read_text("utf-8") == FEEDS
    assert sorted(config.iterdir()) == there


# --- lists -------------------------------------------------------------------------------------------------------


def test_a_list_of_feeds_comes_back_as_it_was(config: Path) -> None:
    """What OPML has no word for is in attributes of our own."""
    loaded = load(config, {})
    outlines = read_opml(write_opml(loaded.outlets, loaded.feeds))
    assert [each.url for each in outlines] == [feed.url for feed in loaded.feeds]
    assert [(each.outlet, each.id, each.country, each.kind) for each in outlines] == [
        ("times", "world", "gb", "national"), ("times", "slow", "gb", "national"), ("post", "post", "de", "local"),
    ]  # fmt: skip


def test_lists_of_other_programs_are_understood() -> None:
    """Folders, other letters in names of attributes, an address twice; what is no OPML, or attacks, is refused."""
    body = b"""<opml version="1.0"><body><outline text="World"><outline title="A" xmlurl="https://a.example/rss"
        category="/News/World,x"/><outline text="B" xmlUrl="https://b.example"/></outline>
        <outline text="A again" xmlUrl="https://a.example/rss"/></body></opml>"""
    first, second = read_opml(body)
    assert (first.url, first.title, first.group, first.tags) == (
        "https://a.example/rss", "A", "World", ("News/World", "x"),
    )  # fmt: skip
    assert second.title == "B"
    for wrong in (b"", b"{}", b"<html/>", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'):
        with pytest.raises(UsageError):
            read_opml(wrong)


def test_lists_are_exported_and_imported(config: Path, tmp_path: Path) -> None:
    """Feeds that are there already are left out; what a list does not tell must be given; secrets stay here."""
    feeds = config / "feeds.yml"
    feeds.write_text(FEEDS.replace("https://post.example/rss", "https://me:hunter2@post.example/rss"), "utf-8")
    exported = tmp_path / "feeds.opml"
    assert "1 feed left out" in watcher("feeds", "export", exported, "--config", config).stderr
    assert "hunter2" not in exported.read_text("utf-8")
    feeds.write_text(without_feed(FEEDS, FeedId("slow")), "utf-8")
    done = watcher("feeds", "import", exported, "--config", config)
    assert "1 feed added" in done.stdout
    assert "1 feed of" in done.stdout
    assert "slow" in {feed.id for feed in load(config, {}).feeds}
    other = tmp_path / "other.opml"
    other.write_text('<opml><body><outline text="X" xmlUrl="https://news.example/rss"/></body></opml>', "utf-8")
    lacking = watcher("feeds", "import", other, "--config", config)
    assert (lacking.returncode, "--country" in lacking.stderr) == (2, True)
    given = watcher("feeds", "import", other, "--config", config, "--country", "fr", "--language", "fr")
    assert given.returncode == 0, given.stderr
    assert "https://news.example/rss" in {feed.url for feed in load(config, {}).feeds}


# --- looking at real feeds ---------------------------------------------------------------------------------------


def site(web: WebServer) -> str:
    """A site whose page names a feed that is one and one that is none."""
    web.feed("/news.xml", rss([Item("A title", web.url("/a"), "1", datetime.now(UTC), "Text.")], title="Site News"))
    links = "".join(f'<link rel="alternate" type="application/rss+xml" href="/{name}.xml">' for name in ("news", "no"))
    web.page("/", f"<!doctype html><html><head><title>Site</title>{links}</head><body><p>Hello</p></body></html>")
    return web.url("/")


def test_feeds_of_a_site_are_discovered(config: Path, web: WebServer) -> None:
    """Those that the page names and that are feeds; else at the usual places; else exit code 1."""
    url = site(web)
    found = json.loads(watcher("feeds", "discover", url, "--config", config, "--json").stdout)
    assert [(each["url"], each["title"], each["entries"]) for each in found] == [
        (web.url("/news.xml"), "Site News", 1)
    ]  # fmt: skip
    web.page("/bare", "<!doctype html><html><head><title>Bare</title></head><body><p>Hello</p></body></html>")
    assert watcher("feeds", "discover", web.url("/bare"), "--config", config).returncode == 1
    web.feed("/rss.xml", rss([]))
    assert web.url("/rss.xml") in watcher("feeds", "discover", web.url("/bare"), "--config", config).stdout
    wrong = watcher("feeds", "discover", "example", "--config", config)
    assert (wrong.returncode, "https://" in wrong.stderr) == (2, True)


def test_a_feed_is_tried_before_it_is_added(config: Path, web: WebServer) -> None:
    """A page is no feed, and its feeds are named; a new outlet needs its country; then it is examined and removed."""
    page = site(web)
    refused = watcher("feeds", "add", page, "--config", config)
    assert (refused.returncode, web.url("/news.xml") in refused.stderr) == (2, True)
    url = web.url("/news.xml")
    lacking = watcher("feeds", "add", url, "--config", config, "--outlet", "site")
    assert (lacking.returncode, "--country" in lacking.stderr) == (2, True)
    options = ("--outlet", "site", "--country", "gb", "--language", "en", "--tags", "world")
    added = watcher("feeds", "add", url, "--config", config, *options)
    assert "1 feed added" in added.stdout
    assert "Site News" in {outlet.name for outlet in load(config, {}).outlets}
    examined = watcher("feeds", "doctor", "site", "--config", config, "--state", config)
    assert "It answers with 1 entry. The daemon has not polled it yet." in examined.stdout
    web.status("/news.xml", 404)
    ill = watcher("feeds", "doctor", "site", "--config", config, "--state", config)
    assert (ill.returncode, "404" in ill.stdout) == (1, True)
    assert watcher("feeds", "remove", "site", "--config", config).returncode == 0
    assert (config / "feeds.yml").read_text("utf-8") == FEEDS
    assert watcher("feeds", "remove", "site", "--config", config).returncode == 2
