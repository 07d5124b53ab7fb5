"""The shape of each configuration file, with the words that describe each option.

The same classes check the files and give their JSON Schemas. References between files, secrets and what depends on
several fields are checked in :mod:`watcher.config.sources`, ``alerts`` and ``watch``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, WithJsonSchema

from watcher.config.values import (
    Country,
    Duration,
    Id,
    Language,
    LanguageOrAny,
    Private,
    Recipient,
    Secret,
    Size,
    Text,
    TimeZone,
    WallTime,
    Wikidata,
    Words,
)
from watcher.matching.definitions import EntityKind
from watcher.model import HealthRules, IdentityPolicy, Level, OutletClass, Settings

FactKind = Literal["plan_points", "quantity", "date", "deadline", "stance"]

_DEFAULT = Settings()
_HEALTH = HealthRules()
_SECOND = timedelta(seconds=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
Sources = Annotated[int, Field(ge=2, le=1000)]
_ID_KEY: dict[str, Any] = {"propertyNames": {"pattern": "^[a-z0-9][a-z0-9_-]{0,63}$"}}


class Part(BaseModel):
    """A mapping that knows all its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class File(Part):
    """A whole file."""

    format: int = Field(1, ge=1, le=1, description="Version of the format of this file.")


# --- watcher.yml --------------------------------------------------------------------------------------------------


class WatcherFile(File):
    """How the daemon works. Every option has a default that is right for most."""

    contact: str = Field(
        _DEFAULT.contact,
        description="A URL or e-mail address that owners of feeds can turn to; it is part of the User-Agent.",
    )
    time_zone: TimeZone = Field(
        _DEFAULT.time_zone, description="IANA name of the time zone for what people read, such as Europe/Kyiv."
    )
    archive: Literal["everything", "hits"] = Field(
        _DEFAULT.archive,
        description="everything keeps the text of all articles, which backtests need; hits only of those that matched.",
    )
    interval: Duration = Field(
        _DEFAULT.interval, ge=_SECOND, description="Time between two polls of a feed, unless the feed has its own."
    )
    min_interval: Duration = Field(
        _DEFAULT.min_interval, ge=_SECOND, description="No feed is polled more often, whatever it or its server says."
    )
    max_interval: Duration = Field(
        _DEFAULT.max_interval, ge=_SECOND, description="No feed waits longer, whatever it or its server says."
    )
    ignore_hints: bool = Field(
        _DEFAULT.ignore_hints,
        description="Take no notice of max-age, ttl and skipHours. Retry-After is respected always.",
    )
    first_run_window: Duration = Field(
        _DEFAULT.first_run_window,
        description="Entries of a feed's first fetch that are older are stored and matched, but not alerted.",
    )
    max_age: Duration = Field(
        _DEFAULT.max_age, ge=_SECOND, description="Entries older than this are never alerted, whenever they turn up."
    )
    host_gap: Duration = Field(_DEFAULT.host_gap, description="The least time between two requests to one host.")
    host_connections: int = Field(
        _DEFAULT.host_connections, ge=1, le=100, description="At most so many connections to one host."
    )
    connections: int = Field(_DEFAULT.connections, ge=1, le=10_000, description="At most so many connections in all.")
    timeout: Duration = Field(
        _DEFAULT.timeout, ge=_SECOND, description="A request, redirects and body included, takes at most so long."
    )
    feed_max_bytes: Size = Field(_DEFAULT.feed_max_bytes, ge=1000, description="A larger feed is refused.")
    page_max_bytes: Size = Field(_DEFAULT.page_max_bytes, ge=1000, description="A larger article page is refused.")
    read_pages: bool = Field(
        _DEFAULT.read_pages, description="Fetch the page of each article; else only what the feed carries is matched."
    )
    robots: bool = Field(_DEFAULT.robots, description="Respect robots.txt for article pages.")
    allow_private: tuple[Private, ...] = Field(
        _DEFAULT.allow_private,
        description="CIDR blocks and host names on private networks that may be fetched from. None by default.",
    )
    workers: int = Field(
        _DEFAULT.workers, ge=0, le=1024, description="Worker processes; 0 means as many as there are cores."
    )
    parse_timeout: Duration = Field(
        _DEFAULT.parse_timeout, ge=_SECOND, description="A worker that parses a feed for longer is killed."
    )
    extract_timeout: Duration = Field(
        _DEFAULT.extract_timeout, ge=_SECOND, description="A worker that reads an article for longer is killed."
    )
    send_timeout: Duration = Field(
        _DEFAULT.send_timeout,
        ge=_SECOND,
        description="An alert that a target does not accept within this time is tried again; it may then come twice.",
    )
    expire_after: Duration = Field(
        _DEFAULT.expire_after, ge=_SECOND, description="An alert that could not be delivered for so long is given up."
    )
    story_window: Duration = Field(
        _DEFAULT.story_window,
        ge=_HOUR,
        le=30 * _DAY,
        description="A report can join a story until so long after the last one; then the event is a new story.",
    )
    sources_at: tuple[Sources, ...] = Field(
        _DEFAULT.sources_at,
        description="Who was told of a story is told again when it has so many independent sources. Never by default.",
    )
    keep_articles: Duration = Field(
        _DEFAULT.keep_articles,
        ge=_DAY,
        description="Articles without a hit are let go of after so long; what tells them apart is kept for ever.",
    )
    keep_hits: Duration = Field(
        _DEFAULT.keep_hits, ge=_DAY, description="Hits are let go of after so long, with the texts of their messages."
    )
    backups: int = Field(
        _DEFAULT.backups, ge=0, le=1000, description="Copies of the database that are kept, one made a day; 0: none."
    )
    telegram_api_base: str = Field(
        _DEFAULT.telegram_api_base, description="The Bot API server; one's own is an official feature of Telegram."
    )
    heartbeat_url: str = Field(
        _DEFAULT.heartbeat_url,
        description="A URL to fetch while all is well, so that another service notices when it stops. May be a secret.",
    )


# --- feeds.yml ----------------------------------------------------------------------------------------------------


class FeedItem(Part):
    """One URL that is polled."""

    url: Secret = Field(description="The address of the feed: RSS, Atom or JSON Feed, over http or https.")
    id: Id | None = Field(
        None,
        description="A lasting name. Without one the first feed takes the outlet's id, the next ones id-2, id-3, …",
    )
    interval: Duration | None = Field(None, ge=_SECOND, description="Time between two polls.")
    full_text: bool = Field(False, description="The feed carries whole articles: their pages are not fetched.")
    headers: dict[str, Secret] = Field(default={}, description="Extra request headers; a value may be a secret.")
    allow_private: tuple[Private, ...] = Field(
        (), description="CIDR blocks and host names on private networks that this feed may be fetched from."
    )
    tags: tuple[Id, ...] = Field((), description="Labels of your own; topics ask for them as feed.TAG.")
    language: Language | None = Field(None, description="Language of the feed, when not that of its outlet.")
    identity: IdentityPolicy = Field(
        "auto", description="How entries are told apart; auto is right for nearly all feeds."
    )


class OutletItem(Part):
    """A publisher of news, with its feeds."""

    name: Text = Field(description="The name that alerts show.")
    family: Id | None = Field(
        None, description="Who owns it: outlets of one family count as one source. The outlet's own id by default."
    )
    country: Country = Field(description="ISO 3166-1 alpha-2, `eu`, or `int` for international bodies.")
    language: Language = Field(description="ISO 639-1 code of the language of most of its articles.")
    kind: OutletClass = Field(alias="class", description="What sort of source it is.")
    feeds: tuple[FeedItem, ...] = Field(min_length=1, description="The feeds to poll.")


class FeedsFile(File):
    """Which feeds are polled, and who publishes them."""

    outlets: dict[Id, OutletItem] = Field(description="Publishers by id.", json_schema_extra=_ID_KEY)


# --- alerts.yml ---------------------------------------------------------------------------------------------------

OnUnknown = Annotated[
    Literal["resend", "drop"],
    Field(description="When nobody can tell whether a message arrived: send it again (it may come twice) or drop it."),
]


class UrgentItem(Part):
    """Alerts that pass through quiet hours: those of any of these."""

    levels: tuple[Level, ...] = Field((), description="Levels, such as core.")
    topics: tuple[str, ...] = Field((), description="Ids of topics.")


class QuietItem(Part):
    """When a target is left alone. What comes meanwhile is told as one digest afterwards."""

    start: WallTime = Field(alias="from", description="When it begins, such as 23:00.")
    end: WallTime = Field(alias="to", description="When it is over, such as 07:00; not the same as `from`.")
    time_zone: TimeZone | None = Field(None, description="IANA name of the time zone; that of watcher.yml by default.")
    urgent: UrgentItem | None = Field(None, description="What passes all the same.")


class AnyItem(Part):
    """What every target has."""

    on_unknown: OnUnknown = "resend"
    quiet: QuietItem | None = Field(None, description="When it is left alone.")
    collapse_after: int | None = Field(
        None,
        ge=0,
        le=100_000,
        description="When more alerts than this wait, they are told together. 10 by default (console: 0); 0 is never.",
    )
    fallback: str | None = Field(None, description="Another target, which gets what this one cannot take.")


class ConsoleItem(AnyItem):
    """Alerts on standard output."""

    type: Literal["console"]


class TelegramItem(AnyItem):
    """A chat of Telegram."""

    type: Literal["telegram"]
    token: Secret = Field(description="Token of the bot, from @BotFather.")
    chat: Recipient = Field(description="One chat: its number, or the @name of a public one.")
    topic: int | None = Field(None, ge=1, description="Thread of a forum group.")
    silent: bool = Field(False, description="Deliver without sound.")
    api_base: str | None = Field(None, description="Bot API server of this target, when not that of watcher.yml.")


class EmailItem(AnyItem):
    """One e-mail address, through an SMTP server."""

    type: Literal["email"]
    server: Secret = Field(description="Host name of the SMTP server.")
    port: int | None = Field(None, ge=1, le=65535, description="587 for starttls, 465 for tls, 25 for none.")
    security: Literal["starttls", "tls", "none"] = Field("starttls", description="How the connection is protected.")
    user: Secret | None = Field(None, description="User name, when the server asks for one.")
    password: Secret | None = Field(None, description="Password of the user.")
    sender: Secret = Field(alias="from", description="Address that the mail comes from.")
    to: Recipient = Field(description="One address that the mail goes to.")


class AppriseItem(AnyItem):
    """Anything else that Apprise can reach."""

    type: Literal["apprise"]
    url: Secret = Field(description="URL as the documentation of Apprise has it, for one recipient.")
    format: Literal["text", "html"] = Field("text", description="What the target shows.")


AnyTarget = ConsoleItem | TelegramItem | EmailItem | AppriseItem


class TargetItem(RootModel[Annotated[AnyTarget, Field(discriminator="type")]]):
    """A place to send to; ``type`` tells which options it has."""


class RouteItem(Part):
    """Which alerts go to which targets. A condition that is left out means any."""

    name: Text = Field(description="A name for logs and listings.")
    targets: tuple[str, ...] = Field(min_length=1, description="Names of targets.")
    topics: tuple[str, ...] = Field((), description="Ids of topics; any when left out.")
    levels: tuple[Level, ...] = Field(
        ("core",), description="core: the article is about the topic; mention: a passage is."
    )
    languages: tuple[Language, ...] = Field((), description="Languages of the article; any when left out.")
    outlet_classes: tuple[OutletClass, ...] = Field((), description="Classes of the outlet; any when left out.")
    facts: tuple[FactKind, ...] = Field((), description="Kinds of fact of which there must be one; any when left out.")
    min_sources: int = Field(
        1, ge=1, le=100, description="So many independent sources a story must have; official outlets are exempt."
    )
    mode: Literal["instant", "digest"] = Field("instant", description="At once, or together at set times.")
    cron: Text | None = Field(
        None, description="When the digest is sent: minute, hour, day, month, weekday, as in `0 7 * * mon-fri`."
    )
    time_zone: TimeZone | None = Field(None, description="Time zone of `cron`; that of watcher.yml by default.")
    health: bool | None = Field(
        None,
        description="Take alerts on the watch itself; by default instant routes do that ask for nothing but levels.",
    )


class HealthItem(Part):
    """What is worth an alert on the watch itself."""

    failing_polls: int = Field(_HEALTH.failing_polls, ge=1, le=1000, description="So many polls in a row must fail …")
    failing_for: Duration = Field(_HEALTH.failing_for, description="… and the feed must have failed for so long.")
    silent: bool = Field(_HEALTH.silent, description="Tell when a feed brings nothing for much longer than it used to.")
    canary: bool = Field(
        _HEALTH.canary, description="Send a made-up article through the whole watch every hour, to nobody."
    )


class AlertsFile(File):
    """Who is told. Without this file alerts go to the console."""

    health: HealthItem | None = Field(None, description="What is worth an alert on the watch itself.")
    targets: dict[Id, TargetItem] = Field(description="Places to send to, by name.", json_schema_extra=_ID_KEY)
    routes: tuple[RouteItem, ...] = Field(
        (), description="Rules; an alert goes to the targets of all that fit. Without any: all to every target."
    )


# --- entities.yml -------------------------------------------------------------------------------------------------


class EntityItem(Part):
    """A person, body, place, document, outlet or event."""

    name: Text = Field(description="Canonical English name, which alerts show.")
    kind: EntityKind = Field(description="What it is; names of people and places must begin with a capital.")
    gender: Literal["m", "f"] | None = Field(None, description="For people: only the forms of that gender are made.")
    wikidata: Wikidata | None = Field(None, description="Item of Wikidata, when known.")
    names: dict[LanguageOrAny, Words] = Field(
        min_length=1, description="Names by language (or `any`): separated by commas, a list, or one a line."
    )
    not_after: Words = Field((), description="Words that, right before the name, show that it is something else.")
    not_before: Words = Field((), description="Words that, right after the name, show that it is something else.")


class EntitiesFile(File):
    """Who and where: people, bodies, places and documents with their names in all languages."""

    entities: dict[Id, EntityItem] = Field(description="Entities by id.", json_schema_extra=_ID_KEY)


# --- topics.yml ---------------------------------------------------------------------------------------------------

_PATTERNS: dict[str, Any] = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": ["string", "number"]}}]}


_ITEMS: dict[str, Any] = {"type": "array", "items": {"$ref": "#/definitions/Condition"}, "minItems": 1}
# A condition holds conditions: its schema, which the schema of topics.yml takes up under its definitions.
CONDITION: dict[str, Any] = {
    "description": "An id, fact.KIND, feed.TAG or outlet.CLASS, or two of them joined by a word; or a combination.",
    "anyOf": [
        {"type": "string"},
        {
            "type": "object",
            "properties": {"all": _ITEMS, "any": _ITEMS, "none": _ITEMS},
            "patternProperties": {"^at_least_[1-9][0-9]*$": _ITEMS},
            "additionalProperties": False,
            "minProperties": 1,
        },
    ],
}
Condition = Annotated[Any, WithJsonSchema({"$comment": "Condition"})]

_NUMBER: dict[str, Any] = {"type": "number"}
Score = Annotated[
    Any,
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": {
                "anyOf": [
                    _NUMBER,
                    {
                        "type": "object",
                        "properties": dict.fromkeys(("title", "lead", "body", "each", "max"), _NUMBER),
                        "additionalProperties": False,
                    },
                ]
            },
        }
    ),
]


class TermItem(Part):
    """Patterns by language, one a line; keys besides ``label`` and ``not`` are languages, or ``any``."""

    model_config = ConfigDict(
        extra="allow",
        frozen=True,
        json_schema_extra={"patternProperties": {"^([a-z]{2}|any)$": _PATTERNS}, "additionalProperties": False},
    )
    __pydantic_extra__: dict[str, Words] = Field(init=False)

    label: str = Field("", description="What people read; the id by default.")
    excluded: Words = Field((), alias="not", description="A match that one of these overlaps does not count.")


class ExamplesItem(Part):
    """Texts that are run whenever the rules are loaded."""

    match: tuple[Text, ...] = Field((), description="Texts for which the topic must fire.")
    no_match: tuple[Text, ...] = Field((), description="Texts for which it must not.")


class TopicItem(Part):
    """A rule over terms, entities and facts."""

    label: str = Field("", description="What people read; the id by default.")
    when: Condition = Field(description="What must be there: all, any, none, at_least_N of ids, fact.*, feed.TAG, …")
    score: Score = Field(description="Points a mention, by id or several ids separated by blanks.")
    alert_at: float = Field(description="With this score or more the article is about the topic: core.")
    digest_at: float | None = Field(None, description="With this score or more it mentions it; alert_at by default.")
    again_if_new: tuple[str, ...] = Field(
        (), description="Facts whose new value is news in a known story: kinds, or quantity.UNIT."
    )
    news: bool = Field(False, description="The first report of a known story that is about the topic (core) is news.")
    examples: ExamplesItem = Field(
        default_factory=ExamplesItem.model_construct, description="Texts that must, and must not, make the topic fire."
    )


class TopicsFile(File):
    """Which words and phrases are looked for, and when they make a hit."""

    terms: dict[Id, TermItem] = Field({}, description="Named sets of patterns, by id.", json_schema_extra=_ID_KEY)
    topics: dict[Id, TopicItem] = Field(description="Rules, by id.", json_schema_extra=_ID_KEY)


# --- facts.yml ----------------------------------------------------------------------------------------------------


class FactsFile(File):
    """Which facts are extracted, and by which further words they are known."""

    kinds: tuple[FactKind, ...] = Field(
        ("plan_points", "quantity", "date", "deadline", "stance"), description="The kinds of fact to look for."
    )
    cues: dict[FactKind, dict[LanguageOrAny, Words]] = Field(
        {}, description="Stems that show a fact, by kind and language, besides the built-in ones."
    )


FILES: dict[str, type[File]] = {
    "watcher.yml": WatcherFile,
    "feeds.yml": FeedsFile,
    "entities.yml": EntitiesFile,
    "topics.yml": TopicsFile,
    "facts.yml": FactsFile,
    "alerts.yml": AlertsFile,
}
OPTIONAL = frozenset({"facts.yml", "alerts.yml"})
