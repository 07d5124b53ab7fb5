"""A test world: feeds that behave and feeds that do not, article pages, and a configuration to watch them by."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.servers.web import Document, Item, Reply, WebServer, atom, bomb, rss

RELEVANT = {
    "en": (
        "Kyiv wants security guarantees before it signs the peace plan",
        "Ukraine asked for binding security guarantees. Rubio said the peace plan would be signed first.",
    ),
    "uk": (
        "Київ вимагає гарантій безпеки до підписання мирного плану",
        "Україна просить надійних гарантій безпеки. Рубіо сказав, що спершу підпишуть мирний план.",
    ),
    "ru": (
        "Киев требует гарантий безопасности до подписания мирного плана",
        "Украина просит надёжных гарантий безопасности. Рубио сказал, что сначала подпишут мирный план.",
    ),
}
OFF_TOPIC = ("Harbour festival draws a record crowd", "The town hall counted forty thousand visitors on Saturday.")

ENTITIES = """\
entities:
  rubio:
    name: Marco Rubio
    kind: person
    gender: m
    names: {en: Rubio, uk: Рубіо, ru: Рубио}
"""

TOPICS = """\
terms:
  security_guarantees:
    label: Security guarantees
    en: |
      security guarantee*
    uk: |
      гаранті* ~4 безпек*
    ru: |
      гаранти* ~4 безопасност*
  peace_plan:
    label: Peace plan
    en: |
      peace plan*
    uk: |
      мирн* план*
    ru: |
      мирн* план*
  ukraine:
    label: Ukraine context
    en: |
      ukrain*
      kyiv
    uk: |
      україн*
      київ*
    ru: |
      украин*
      киев*
topics:
  security_guarantees:
    label: Security guarantees for Ukraine
    when: {all: [security_guarantees, ukraine]}
    score:
      security_guarantees: {title: 6, lead: 5, body: 3, max: 12}
      peace_plan rubio ukraine: {each: 1, max: 4}
    alert_at: 5
    digest_at: 3
    examples:
      match: ["Ukraine wants security guarantees"]
      no_match: ["Social security guarantees a minimum pension"]
"""


def page(title: str, text: str, *, language: str = "en") -> str:
    """An article page as outlets make them, with navigation around the text."""
    filler = "<p>The talks go on, officials said, and both sides will report back to their capitals this week.</p>"
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{html.escape(title)}</title></head>'
        f"<body><nav><a href='/'>Home</a> <a href='/sport'>Sport</a></nav><main><article><h1>{html.escape(title)}</h1>"
        f"<p>{html.escape(text)}</p>{filler * 3}</article></main><footer>All rights reserved</footer></body></html>"
    )


@dataclass
class World:
    """Feeds on a web server, and what must come of them.

    Attributes:
        feeds: id of a feed to its options in feeds.yml.
        relevant: addresses of the articles that must give one hit each; all report one event.
    """

    web: WebServer
    other: WebServer
    feeds: dict[str, dict[str, object]] = field(default_factory=dict)
    relevant: set[str] = field(default_factory=set)

    def feed(self, name: str, *, url: str = "", **options: object) -> str:
        """Add a feed to the configuration; return its address."""
        address = url or self.web.url(f"/{name}.xml")
        self.feeds[name] = {"url": address, "id": name, **options}
        return address

    def article(self, name: str, language: str = "en", *, relevant: bool = True) -> Item:
        """Publish an article page; return the entry for it. Every title is its own."""
        title, text = RELEVANT[language] if relevant else OFF_TOPIC
        title = f"{title} ({name})"
        path = f"/article/{name}"
        self.web.page(path, page(title, text, language=language))
        url = self.web.url(path)
        if relevant:
            self.relevant.add(url)
        return Item(title, link=url, guid=name, published=datetime.now(UTC), summary=text.split(". ")[0] + ".")


def build_world(web: WebServer, other: WebServer) -> World:
    """Fill two servers with 26 feeds, well-behaved and broken ones; ``other`` is a host of its own."""
    world = World(web, other)
    _well_behaved(world)
    _moved(world)
    _broken(world)
    _odd(world)
    return world


def _well_behaved(world: World) -> None:
    web, article = world.web, world.article
    web.feed("/etag.xml", rss([article("etag"), article("etag-off", relevant=False)]))
    web.add("/modified.xml", Document(atom([article("modified")]), "application/atom+xml", modified=datetime.now(UTC)))
    web.feed("/gzip.xml", rss([article("gzip")]), coding="gzip", framing="chunked")
    web.feed("/deflate.xml", rss([article("deflate")]), coding="deflate")
    web.feed("/uk.xml", rss([article("uk", "uk")], language="uk"))
    web.feed("/ru.xml", rss([article("ru", "ru")], language="ru"))
    web.feed("/off.xml", rss([article(f"off-{n}", relevant=False) for n in range(5)]))
    web.feed("/empty.xml", rss([]))
    item = article("json")
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "JSON",
        "items": [
            {"id": "json", "url": item.link, "title": item.title, "summary": item.summary,
             "date_published": datetime.now(UTC).isoformat()}
        ],
    }  # fmt: skip
    web.add("/json.xml", Document(json.dumps(document).encode(), "application/feed+json"))
    shared = article("shared")
    web.feed("/first.xml", rss([shared]))
    tracked = Item(shared.title, f"{shared.link}?utm_source=second", "other-guid", shared.published, shared.summary)
    web.feed("/second.xml", rss([tracked]))
    for name in ("etag", "modified", "gzip", "deflate", "off", "empty", "json", "first", "second"):
        world.feed(name)
    world.feed("uk", language="uk")
    world.feed("ru", language="ru")


def _moved(world: World) -> None:
    web = world.web
    web.feed("/target-1.xml", rss([world.article("moved-301")]))
    web.feed("/target-2.xml", rss([world.article("moved-302")]))
    web.redirect("/moved-301.xml", "/target-1.xml", 301)
    web.redirect("/moved-302.xml", "/target-2.xml", 302)
    web.redirect("/loop.xml", "/loop.xml", 302)
    web.redirect("/private.xml", "http://169.254.169.254/latest/meta-data", 302)
    for name in ("moved-301", "moved-302", "loop", "private"):
        world.feed(name)


def _broken(world: World) -> None:
    web, other = world.web, world.other
    web.status("/missing.xml", 404)
    web.status("/gone.xml", 410)
    web.status("/unavailable.xml", 503, retry_after="120")
    other.status("/limited.xml", 429, retry_after="120")
    web.page("/wall.xml", "<!doctype html><html><head><title>Just a moment...</title></head><body></body></html>")
    body = rss([world.article("short-length-whole", relevant=False)])
    web.add("/short-length.xml", Reply(body=body, cut=len(body) // 2))
    web.add("/cut-gzip.xml", Reply(body=body, coding="gzip", squeeze_cut=60))
    web.add("/bomb.xml", bomb(40))
    web.add("/silent.xml", Reply(body=body, stall="head"))
    for name in ("missing", "gone", "unavailable", "wall", "short-length", "cut-gzip", "bomb", "silent"):
        world.feed(name)
    world.feed("limited", url=other.url("/limited.xml"))


def _odd(world: World) -> None:
    web = world.web
    # Declared as ISO-8859-1, UTF-8 in truth: the title must come out right all the same.
    web.add(
        "/charset.xml",
        Reply(body=rss([world.article("charset", "uk")]), headers=(("Content-Type", "text/xml; charset=ISO-8859-1"),)),
    )
    # Cut in the middle of the second item, which no length gives away: the first counts, the half one must not.
    whole = rss([world.article("before-cut"), Item("Security guarantees for Ukraine: half of a ti", web.url("/half"))])
    web.add("/cut.xml", Reply(body=whole, framing="close", cut=whole.index(b"half of a ti") + 8))
    # The page is missing, but the feed carries the article.
    item = Item(
        RELEVANT["en"][0] + " (whole)",
        link=web.url("/article/not-there"),
        guid="whole",
        published=datetime.now(UTC),
        summary="A summary.",
        content="".join(f"<p>{RELEVANT['en'][1]}</p>" for _ in range(5)),
    )
    world.relevant.add(item.link)
    web.feed("/whole.xml", rss([item]))
    for name in ("charset", "cut"):
        world.feed(name)
    world.feed("whole", full_text="true")


def write_config(
    home: Path,
    feeds: Mapping[str, Mapping[str, object]],
    *,
    targets: Mapping[str, object],
    settings: Mapping[str, str] | None = None,
    canary: bool = False,
) -> None:
    """Write a whole configuration: the feeds, the targets, and one route from everything core to all targets."""
    config = home / "config"
    config.mkdir(parents=True, exist_ok=True)
    outlet = {"name": "The Test Times", "family": "test", "country": "gb", "language": "en", "class": "national"}
    options = {
        "interval": "1s", "min_interval": "1s", "host_gap": "0s", "host_connections": "16", "timeout": "3s",
        "allow_private": "[127.0.0.0/8]", "contact": "https://watcher.example/contact", **dict(settings or {}),
    }  # fmt: skip
    files = {
        "watcher.yml": "".join(f"{name}: {value}\n" for name, value in options.items()),
        "feeds.yml": json.dumps({"outlets": {"times": {**outlet, "feeds": list(feeds.values())}}}),
        "alerts.yml": json.dumps(
            {
                "health": {"canary": str(canary).lower()},
                "targets": targets,
                "routes": [{"name": "all", "targets": list(targets)}],
            }
        ),
        "entities.yml": ENTITIES,
        "topics.yml": TOPICS,
    }
    for name, text in files.items():
        (config / name).write_text(text, "utf-8")
