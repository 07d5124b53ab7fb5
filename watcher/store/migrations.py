"""The schema, as ordered steps. Each runs in one transaction together with the record that it ran.

Every column that holds a moment holds text such as ``2025-11-26T14:02:00.000Z``. A step that has been released is
never changed; a change is a new step.
"""

from __future__ import annotations

from contextlib import closing

from watcher.store.connection import host_of
from watcher.store.sqlite import Migrations, sqlite_utils
from watcher.store.views import VIEWS

schema = Migrations("watcher")

_TABLES = (
    """CREATE TABLE outlets (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        family TEXT NOT NULL,
        country TEXT NOT NULL,
        language TEXT NOT NULL,
        class TEXT NOT NULL
    )""",
    """CREATE TABLE feeds (
        id TEXT PRIMARY KEY,
        outlet_id TEXT NOT NULL REFERENCES outlets(id),
        configured_url TEXT NOT NULL,
        url TEXT NOT NULL,
        title TEXT NOT NULL DEFAULT '',
        tags TEXT NOT NULL DEFAULT '',
        status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'removed')),
        next_poll_at TEXT NOT NULL,
        why_next TEXT NOT NULL DEFAULT '',
        last_polled_at TEXT,
        last_success_at TEXT,
        last_new_at TEXT,
        baseline_at TEXT,
        last_status TEXT,
        last_detail TEXT NOT NULL DEFAULT '',
        elapsed REAL,
        failures INTEGER NOT NULL DEFAULT 0,
        polls INTEGER NOT NULL DEFAULT 0,
        new_entries INTEGER NOT NULL DEFAULT 0,
        etag TEXT,
        last_modified TEXT,
        body_hash TEXT,
        unchanged_polls INTEGER NOT NULL DEFAULT 0,
        hints TEXT NOT NULL DEFAULT '{}',
        moved_to TEXT,
        moved_since TEXT,
        moved_count INTEGER NOT NULL DEFAULT 0,
        gone_since TEXT
    )""",
    "CREATE INDEX feeds_due ON feeds(next_poll_at) WHERE status = 'active'",
    """CREATE TABLE articles (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        url TEXT NOT NULL,
        outlet_id TEXT NOT NULL REFERENCES outlets(id),
        title TEXT NOT NULL,
        summary TEXT NOT NULL DEFAULT '',
        text TEXT NOT NULL DEFAULT '',
        text_source TEXT CHECK (text_source IN ('page', 'feed', 'summary', 'title')),
        language TEXT NOT NULL DEFAULT '',
        published_at TEXT,
        seen_at TEXT NOT NULL,
        quiet_reason TEXT NOT NULL DEFAULT '',
        next_read_at TEXT,
        read_attempts INTEGER NOT NULL DEFAULT 0,
        read_at TEXT,
        read_status TEXT,
        read_detail TEXT NOT NULL DEFAULT '',
        verdict TEXT NOT NULL DEFAULT '',
        rules_hash TEXT NOT NULL DEFAULT '',
        feed_content TEXT NOT NULL DEFAULT ''
    )""",
    "CREATE INDEX articles_due ON articles(next_read_at) WHERE next_read_at IS NOT NULL",
    "CREATE INDEX articles_seen ON articles(seen_at)",
    """CREATE TABLE entries (
        id INTEGER PRIMARY KEY,
        feed_id TEXT NOT NULL REFERENCES feeds(id),
        uid TEXT NOT NULL,
        uid_source TEXT NOT NULL,
        article_id INTEGER NOT NULL REFERENCES articles(id),
        url TEXT NOT NULL,
        title TEXT NOT NULL,
        published_at TEXT,
        published_raw TEXT NOT NULL DEFAULT '',
        date_source TEXT NOT NULL,
        seen_at TEXT NOT NULL,
        changed_at TEXT,
        revisions INTEGER NOT NULL DEFAULT 0,
        content_hash TEXT NOT NULL,
        UNIQUE (feed_id, uid)
    )""",
    "CREATE INDEX entries_article ON entries(article_id)",
    """CREATE TABLE stories (
        id INTEGER PRIMARY KEY,
        title TEXT NOT NULL,
        level TEXT NOT NULL CHECK (level IN ('core', 'mention')),
        opened_at TEXT NOT NULL,
        updated_at TEXT NOT NULL
    )""",
    """CREATE TABLE hits (
        id INTEGER PRIMARY KEY,
        article_id INTEGER NOT NULL UNIQUE REFERENCES articles(id) ON DELETE CASCADE,
        story_id INTEGER REFERENCES stories(id),
        found_at TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        level TEXT NOT NULL CHECK (level IN ('core', 'mention')),
        score REAL NOT NULL,
        topics TEXT NOT NULL,
        entities TEXT NOT NULL,
        evidence TEXT NOT NULL,
        evidence_field TEXT NOT NULL,
        evidence_start INTEGER NOT NULL,
        evidence_marks TEXT NOT NULL,
        text_source TEXT NOT NULL,
        rules_hash TEXT NOT NULL
    )""",
    "CREATE INDEX hits_found ON hits(found_at)",
    "CREATE INDEX hits_story ON hits(story_id)",
    """CREATE TABLE hit_topics (
        hit_id INTEGER NOT NULL REFERENCES hits(id) ON DELETE CASCADE,
        topic TEXT NOT NULL,
        label TEXT NOT NULL,
        level TEXT NOT NULL,
        score REAL NOT NULL,
        alert_at REAL NOT NULL,
        digest_at REAL NOT NULL,
        arithmetic TEXT NOT NULL,
        PRIMARY KEY (hit_id, topic)
    ) WITHOUT ROWID""",
    """CREATE TABLE matches (
        id INTEGER PRIMARY KEY,
        hit_id INTEGER NOT NULL REFERENCES hits(id) ON DELETE CASCADE,
        kind TEXT NOT NULL,
        concept TEXT NOT NULL,
        label TEXT NOT NULL,
        field TEXT NOT NULL,
        zone TEXT NOT NULL,
        start INTEGER NOT NULL,
        end INTEGER NOT NULL,
        text TEXT NOT NULL,
        pattern TEXT NOT NULL,
        pattern_language TEXT NOT NULL,
        language TEXT NOT NULL
    )""",
    "CREATE INDEX matches_hit ON matches(hit_id)",
    """CREATE TABLE facts (
        id INTEGER PRIMARY KEY,
        hit_id INTEGER NOT NULL REFERENCES hits(id) ON DELETE CASCADE,
        kind TEXT NOT NULL,
        value TEXT NOT NULL,
        unit TEXT NOT NULL,
        speaker TEXT NOT NULL,
        confidence REAL NOT NULL,
        field TEXT NOT NULL,
        start INTEGER NOT NULL,
        end INTEGER NOT NULL,
        text TEXT NOT NULL
    )""",
    "CREATE INDEX facts_hit ON facts(hit_id)",
    "CREATE INDEX facts_kind ON facts(kind, value)",
    """CREATE TABLE alerts (
        id INTEGER PRIMARY KEY,
        dedupe_key TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL CHECK (kind IN ('new', 'update', 'digest', 'health')),
        level TEXT NOT NULL,
        hit_id INTEGER REFERENCES hits(id) ON DELETE SET NULL,
        story_id INTEGER REFERENCES stories(id),
        headline TEXT NOT NULL,
        created_at TEXT NOT NULL
    )""",
    "CREATE INDEX alerts_hit ON alerts(hit_id)",
    """CREATE TABLE deliveries (
        id INTEGER PRIMARY KEY,
        idem_key TEXT NOT NULL UNIQUE,
        alert_id INTEGER NOT NULL REFERENCES alerts(id),
        target TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'pending'
            CHECK (state IN ('pending', 'inflight', 'sent', 'dead', 'dropped')),
        format TEXT NOT NULL,
        subject TEXT NOT NULL,
        body TEXT NOT NULL,
        plain TEXT NOT NULL,
        plain_fallback INTEGER NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL DEFAULT 0,
        not_before TEXT NOT NULL,
        expires_at TEXT NOT NULL,
        last_attempt_at TEXT,
        last_code INTEGER,
        last_error TEXT NOT NULL DEFAULT '',
        maybe_sent INTEGER NOT NULL DEFAULT 0,
        created_at TEXT NOT NULL,
        sent_at TEXT
    )""",
    "CREATE INDEX deliveries_due ON deliveries(target, not_before) WHERE state = 'pending'",
    "CREATE INDEX deliveries_alert ON deliveries(alert_id)",
    """CREATE TABLE targets (
        name TEXT PRIMARY KEY,
        paused_until TEXT,
        pauses INTEGER NOT NULL DEFAULT 0,
        failures INTEGER NOT NULL DEFAULT 0,
        reason TEXT NOT NULL DEFAULT ''
    )""",
    """CREATE TABLE hosts (
        host TEXT PRIMARY KEY,
        retry_at TEXT NOT NULL
    )""",
    """CREATE TABLE events (
        id INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        kind TEXT NOT NULL,
        reason TEXT NOT NULL,
        feed_id TEXT,
        entry_id INTEGER,
        article_id INTEGER,
        hit_id INTEGER,
        delivery_id INTEGER,
        target TEXT,
        detail TEXT NOT NULL DEFAULT ''
    )""",
    "CREATE INDEX events_at ON events(at)",
    "CREATE INDEX events_article ON events(article_id) WHERE article_id IS NOT NULL",
    "CREATE INDEX events_feed ON events(feed_id, at) WHERE feed_id IS NOT NULL",
    """CREATE TABLE beats (
        name TEXT PRIMARY KEY,
        at TEXT NOT NULL,
        detail TEXT NOT NULL DEFAULT ''
    )""",
)

# The triggers are our own because sqlite-utils' fire on every update of a row, not only on one of its text.
_SEARCH = (
    """CREATE VIRTUAL TABLE "articles_fts" USING FTS5 (
        "title", "summary", "text",
        content="articles", content_rowid="id", tokenize="unicode61 remove_diacritics 2"
    )""",
    """CREATE TRIGGER articles_ai AFTER INSERT ON articles BEGIN
        INSERT INTO articles_fts(rowid, title, summary, text) VALUES (new.id, new.title, new.summary, new.text);
    END""",
    """CREATE TRIGGER articles_ad AFTER DELETE ON articles BEGIN
        INSERT INTO articles_fts(articles_fts, rowid, title, summary, text)
            VALUES ('delete', old.id, old.title, old.summary, old.text);
    END""",
    """CREATE TRIGGER articles_au AFTER UPDATE OF title, summary, text ON articles BEGIN
        INSERT INTO articles_fts(articles_fts, rowid, title, summary, text)
            VALUES ('delete', old.id, old.title, old.summary, old.text);
        INSERT INTO articles_fts(rowid, title, summary, text) VALUES (new.id, new.title, new.summary, new.text);
    END""",
)


@schema()
def first_schema(db: sqlite_utils.Database) -> None:
    """Create all tables and the full-text index over articles."""
    for statement in (*_TABLES, *_SEARCH):
        db.execute(statement)


@schema()
def near_misses(db: sqlite_utils.Database) -> None:
    """Keep the articles for which a topic nearly fired: they show which words the rules do not know yet."""
    db.execute(
        """CREATE TABLE near_misses (
            article_id INTEGER PRIMARY KEY REFERENCES articles(id) ON DELETE CASCADE,
            at TEXT NOT NULL,
            topic TEXT NOT NULL,
            gate INTEGER NOT NULL,
            score REAL NOT NULL,
            digest_at REAL NOT NULL,
            miss TEXT NOT NULL
        )"""
    )
    db.execute("CREATE INDEX near_misses_at ON near_misses(at)")


@schema()
def known_items(db: sqlite_utils.Database) -> None:
    """Remember the digests of the items of each feed's last document, so that only what is new is parsed."""
    db.execute("ALTER TABLE feeds ADD COLUMN items BLOB NOT NULL DEFAULT x''")


@schema()
def parked_articles(db: sqlite_utils.Database) -> None:
    """Count how often in a row an article was parked for a reason of our own."""
    db.execute("ALTER TABLE articles ADD COLUMN parks INTEGER NOT NULL DEFAULT 0")


@schema()
def article_hosts(db: sqlite_utils.Database) -> None:
    """Find the newest due articles of each host without looking at all that are due."""
    db.execute("ALTER TABLE articles ADD COLUMN host TEXT NOT NULL DEFAULT ''")
    hosts = [(host_of(row["url"]), row["id"]) for row in db.query("SELECT id, url FROM articles")]
    db.conn.executemany("UPDATE articles SET host = ? WHERE id = ?", hosts)
    db.execute("CREATE INDEX articles_due_by_host ON articles(host, next_read_at) WHERE next_read_at IS NOT NULL")


@schema()
def revised_articles(db: sqlite_utils.Database) -> None:
    """Keep what the feed says apart from what was judged, so that an edit during a reading is not lost."""
    db.execute("ALTER TABLE articles ADD COLUMN feed_title TEXT NOT NULL DEFAULT ''")
    db.execute("ALTER TABLE articles ADD COLUMN feed_summary TEXT NOT NULL DEFAULT ''")
    db.execute("ALTER TABLE articles ADD COLUMN revision INTEGER NOT NULL DEFAULT 0")
    db.execute("UPDATE articles SET feed_title = title, feed_summary = summary")
    db.execute("ALTER TABLE hits ADD COLUMN withdrawn_at TEXT")


@schema()
def article_keys(db: sqlite_utils.Database) -> None:
    """Remember the other addresses of an article: where its links lead to, and links that lead to it."""
    db.execute(
        """CREATE TABLE article_keys (
            key TEXT PRIMARY KEY,
            article_id INTEGER NOT NULL REFERENCES articles(id) ON DELETE CASCADE
        ) WITHOUT ROWID"""
    )
    db.execute("CREATE INDEX article_keys_article ON article_keys(article_id)")


@schema()
def past_identities(db: sqlite_utils.Database) -> None:
    """Keep what tells entries and articles apart when they have been pruned: nobody is told of them again."""
    db.execute("CREATE TABLE past_entries (feed_id TEXT, uid BLOB, PRIMARY KEY (feed_id, uid)) WITHOUT ROWID")
    db.execute("CREATE TABLE past_articles (key BLOB PRIMARY KEY) WITHOUT ROWID")


_DELIVERIES = """CREATE TABLE deliveries (
        id INTEGER PRIMARY KEY,
        idem_key TEXT NOT NULL UNIQUE,
        alert_id INTEGER NOT NULL REFERENCES alerts(id),
        target TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'pending'
            CHECK (state IN ('pending', 'inflight', 'sent', 'dead', 'dropped', 'held', 'collapsed')),
        format TEXT NOT NULL,
        subject TEXT NOT NULL,
        body TEXT NOT NULL,
        plain TEXT NOT NULL,
        plain_fallback INTEGER NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL DEFAULT 0,
        not_before TEXT NOT NULL,
        expires_at TEXT NOT NULL,
        last_attempt_at TEXT,
        last_code INTEGER,
        last_error TEXT NOT NULL DEFAULT '',
        maybe_sent INTEGER NOT NULL DEFAULT 0,
        created_at TEXT NOT NULL,
        sent_at TEXT,
        urgent INTEGER NOT NULL DEFAULT 0,
        hold TEXT NOT NULL DEFAULT '',
        told_by INTEGER REFERENCES deliveries(id) ON DELETE SET NULL,
        thread TEXT NOT NULL DEFAULT '',
        image BLOB NOT NULL DEFAULT x''
    )"""


@schema()
def holding(db: sqlite_utils.Database) -> None:
    """Let deliveries be held for a digest or for the end of quiet hours, and be told by another delivery."""
    for view in VIEWS:  # they name the table, and are made anew afterwards
        db.execute(f"DROP VIEW IF EXISTS {view}")
    kept = [column.name for column in db["deliveries"].columns]
    db.execute("ALTER TABLE deliveries RENAME TO deliveries_before")
    db.execute(_DELIVERIES)
    names = ", ".join(kept)
    db.execute(f"INSERT INTO deliveries ({names}) SELECT {names} FROM deliveries_before")  # noqa: S608 (our columns)
    db.execute("DROP TABLE deliveries_before")
    db.execute("CREATE INDEX deliveries_due ON deliveries(target, not_before) WHERE state = 'pending'")
    db.execute("CREATE INDEX deliveries_held ON deliveries(target, hold) WHERE state = 'held'")
    db.execute("CREATE INDEX deliveries_alert ON deliveries(alert_id)")
    db.execute("CREATE INDEX deliveries_told ON deliveries(told_by) WHERE told_by IS NOT NULL")
    db.execute(
        """CREATE TABLE digests (
            route TEXT NOT NULL,
            target TEXT NOT NULL,
            slot_at TEXT NOT NULL,
            PRIMARY KEY (route, target)
        ) WITHOUT ROWID"""
    )


@schema()
def gate_answers(db: sqlite_utils.Database) -> None:
    """Count for each feed the pages that the gate let through, and those it did not."""
    db.execute("ALTER TABLE feeds ADD COLUMN pages_passed INTEGER NOT NULL DEFAULT 0")
    db.execute("ALTER TABLE feeds ADD COLUMN pages_skipped INTEGER NOT NULL DEFAULT 0")


@schema()
def troubles(db: sqlite_utils.Database) -> None:
    """Remember what ails the watch and has been told; find what a feed brought, by time."""
    db.execute(
        """CREATE TABLE troubles (
            key TEXT PRIMARY KEY,
            kind TEXT NOT NULL,
            subject TEXT NOT NULL,
            since TEXT NOT NULL,
            text TEXT NOT NULL
        ) WITHOUT ROWID"""
    )
    db.execute("CREATE INDEX entries_feed_seen ON entries(feed_id, seen_at)")


@schema()
def failing_since(db: sqlite_utils.Database) -> None:
    """Remember since when a feed has failed in a row."""
    db.execute("ALTER TABLE feeds ADD COLUMN failing_since TEXT")
    db.execute("UPDATE feeds SET failing_since = coalesce(last_success_at, last_polled_at) WHERE failures > 0")


@schema()
def open_stories(db: sqlite_utils.Database) -> None:
    """Keep what open stories are made of, what was told of them, and which facts have been claimed."""
    for column in (
        "key TEXT NOT NULL DEFAULT ''",
        "reports INTEGER NOT NULL DEFAULT 0",
        "sources INTEGER NOT NULL DEFAULT 0",
        "first_source TEXT NOT NULL DEFAULT ''",
        "state TEXT NOT NULL DEFAULT ''",
        "closed_at TEXT",
        "merged_into INTEGER REFERENCES stories(id)",
        "muted_until TEXT",
    ):
        db.execute(f"ALTER TABLE stories ADD COLUMN {column}")
    db.execute("CREATE UNIQUE INDEX stories_key ON stories(key) WHERE key <> ''")
    db.execute("CREATE INDEX stories_open ON stories(id) WHERE state <> ''")
    db.execute("CREATE INDEX stories_merged ON stories(merged_into) WHERE merged_into IS NOT NULL")
    db.execute(
        """CREATE TABLE story_reports (
            key TEXT PRIMARY KEY,
            story_id INTEGER NOT NULL REFERENCES stories(id) ON DELETE CASCADE,
            report TEXT NOT NULL
        ) WITHOUT ROWID"""
    )
    db.execute("CREATE INDEX story_reports_story ON story_reports(story_id)")
    db.execute(
        """CREATE TABLE claims (
            kind TEXT NOT NULL, value TEXT NOT NULL, unit TEXT NOT NULL, PRIMARY KEY (kind, value, unit)
        ) WITHOUT ROWID"""
    )
    db.execute("ALTER TABLE alerts ADD COLUMN news TEXT NOT NULL DEFAULT ''")
    db.execute("CREATE INDEX alerts_story ON alerts(story_id) WHERE story_id IS NOT NULL")


@schema()
def deliveries_by_state(db: sqlite_utils.Database) -> None:
    """Find the few deliveries of a target that are under way or dead without looking at all that were ever sent."""
    db.execute("CREATE INDEX deliveries_state ON deliveries(target, state)")


def known_steps() -> tuple[str, ...]:
    """The names of all steps, in order."""
    with closing(sqlite_utils.Database(memory=True, execute_plugins=False)) as empty:
        return tuple(step.name for step in schema.pending(empty))


def migrate(db: sqlite_utils.Database) -> None:
    """Bring the schema to today's form; views, which hold no data, are made anew when their text has changed."""
    schema.apply(db)
    present = {row["name"]: row["sql"] for row in db.query("SELECT name, sql FROM sqlite_master WHERE type = 'view'")}
    for name, select in VIEWS.items():
        statement = f"CREATE VIEW {name} AS {select}"
        if present.get(name) != statement:
            with db.atomic():
                db.execute(f"DROP VIEW IF EXISTS {name}")
                db.execute(statement)
