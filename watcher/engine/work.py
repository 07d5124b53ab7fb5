"""What runs in a worker process: bytes from the network in, values out. No network, no database, no secrets.

Everything here can be sent to a process by name, and takes and gives plain values. Nothing here raises: an exception
of some library may not survive the way back, and would take the whole worker with it.

Libraries are imported by the job that needs them, so that the hub, which only names these functions, stays small, and a
worker that only parses feeds does not carry what reads pages.
"""

from __future__ import annotations

import gc
import logging
import os
import resource
import signal
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from watcher.errors import Problem
from watcher.model import (
    ArticleText,
    Failed,
    FailureKind,
    IdentityPolicy,
    Judgement,
    ParsedFeed,
    ReadJob,
    TextSource,
)

if TYPE_CHECKING:
    from watcher.extract import ExtractedPage
    from watcher.matching import Context, Matcher
    from watcher.matching.definitions import WatchDef

_R = TypeVar("_R")
_KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "PYTHONHASHSEED", "PYTHONWARNINGS")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a worker process may use.

    Attributes:
        memory: bytes of address space; 0 leaves it unlimited.
        open_files: file descriptors.
        seconds: after so long in one job the process ends itself, should nobody else have ended it; 0 switches it off.
    """

    memory: int = 1 << 30
    open_files: int = 64
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class ParseJob:
    """A feed document to be parsed; the fields are the arguments of :func:`watcher.feed.documents.parse`."""

    body: bytes
    headers: Mapping[str, str]
    url: str
    now: datetime
    identity: IdentityPolicy = "auto"
    known: bytes = b""


@dataclass(frozen=True, slots=True)
class Page:
    """An article page as it was fetched."""

    body: bytes
    headers: Mapping[str, str]
    url: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read and judged.

    Attributes:
        refused: why the page's text could not be used, although the page was there; its detail is for people.
        canonical_url: what the page names as its address; empty when it names none that can be believed.
        skipped: the page was not extracted, because nothing on it can make any topic fire.
    """

    text: ArticleText
    judgement: Judgement
    refused: Failed | None = None
    canonical_url: str = ""
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """Why there is no answer.

    Attributes:
        of_document: the document is at fault, which is an everyday thing; else it is a mistake of ours, or memory ran
            out.
        traceback: of a mistake of ours; else empty.
    """

    kind: FailureKind
    detail: str
    of_document: bool = False
    traceback: str = ""


class _Desk:
    """What a worker process keeps between jobs. There is one in each process, set up by :func:`configure`."""

    def __init__(self) -> None:
        self.watch: WatchDef | None = None
        self.matcher: Matcher | None = None
        self.limits = Limits()


_desk = _Desk()


def configure(watch: WatchDef | None, limits: Limits) -> None:
    """Prepares a new worker process: limits, a closed environment, silence; the watch to judge by.

    The watch is compiled by the first job that judges, so that a mistake in it fails a job and not the process.
    """
    os.setsid()  # signals meant for the terminal or the process group of the daemon are not meant for its workers
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # ends the process at once, even within C code
    _restrict(limits)
    for name in set(os.environ).difference(_KEPT_ENVIRONMENT):
        del os.environ[name]
    os.environ["HOME"] = "/nonexistent"
    logging.disable(logging.CRITICAL)  # libraries complain about every odd page; what matters is in the answers
    prepare(watch, limits)


def prepare(watch: WatchDef | None, limits: Limits) -> None:
    """Sets the watch to judge by in this process, without the limits: for tools that read one article themselves."""
    _desk.watch, _desk.matcher, _desk.limits = watch, None, limits


def _restrict(limits: Limits) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for kind, value in ((resource.RLIMIT_AS, limits.memory), (resource.RLIMIT_NOFILE, limits.open_files)):
        _, hard = resource.getrlimit(kind)
        if value and (hard == resource.RLIM_INFINITY or value <= hard):
            resource.setrlimit(kind, (value, value))


def parse_feed(job: ParseJob) -> ParsedFeed | Fault:
    """Parses a feed document; the failure says what the document is instead."""
    return _answer(lambda: _parsed(job))


def read_article(job: ReadJob, page: Page | None) -> Reading | Fault:
    """Extracts the text of an article, from its page if there is one, and judges it."""
    return _answer(lambda: _read(job, page))


def check_rules() -> list[Problem] | Fault:
    """What is wrong with the rules of this process, or comes out wrong for their examples."""
    return _answer(_rule_problems)


def _rule_problems() -> list[Problem]:
    from watcher.matching import rule_problems  # noqa: PLC0415 - parsing feeds needs no rules

    return rule_problems(_desk.watch) if _desk.watch is not None else []


def _answer(do: Callable[[], _R | Fault]) -> _R | Fault:
    with _deadline():
        try:
            return do()
        except MemoryError:
            return Fault(FailureKind.WORKER_DIED, "the document needs more memory than a worker may use")
        except Exception as error:  # noqa: BLE001 - the edge of the process: the answer says what it was
            detail = f"{type(error).__name__}: {error}"[:500]
            return Fault(FailureKind.INTERNAL, detail, traceback=traceback.format_exc()[-8_000:])


@contextmanager
def _deadline() -> Iterator[None]:
    """Ends the process, should the hub be gone that would have ended it."""
    signal.alarm(_desk.limits.seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def _parsed(job: ParseJob) -> ParsedFeed | Fault:
    from watcher.feed.documents import parse  # noqa: PLC0415 - only workers carry feedparser
    from watcher.feed.drafts import FeedError  # noqa: PLC0415

    try:
        return parse(job.body, job.headers, job.url, now=job.now, identity=job.identity, known=job.known)
    except FeedError as error:
        return Fault(error.kind, error.detail, of_document=True)


# --- reading ------------------------------------------------------------------------------------------------------

# A page that gives less than half of what the feed carries is a teaser: the feed's text is the article.
_TEASER = 0.5


def _read(job: ReadJob, page: Page | None) -> Reading:
    carried = _carried(job.content)
    found = _extracted(page, _gate(job, carried)) if page else None
    refused = found if isinstance(found, Failed) else None
    article = found if found and not isinstance(found, Failed) else None
    skipped = page is not None and found is None
    text = _chosen(job, article, carried)
    if article is None and not skipped:
        text = _not_worse(text, job)
    return Reading(text, _judged(text, job), refused, article.canonical_url if article else "", skipped)


def _gate(job: ReadJob, carried: str) -> Callable[[str], bool] | None:
    """Tells by all text of a page whether its article could make any topic fire; None lets every page pass."""
    # the title of an entry that has none of its own is that of the page, which only extraction tells
    if job.keep_text or not job.title or _desk.watch is None:
        return None
    matcher, context = _matcher(_desk.watch), _context(job, job.language)
    return lambda seen: matcher.may_fire(f"{job.title}\n{job.summary}\n{carried}\n{seen}", context)


def _extracted(page: Page, worth: Callable[[str], bool] | None) -> ExtractedPage | Failed | None:
    """The article of a page; None when it is not worth extracting."""
    from watcher.extract import Refused, extract_if, extract_page  # noqa: PLC0415 - only workers carry trafilatura

    given = (page.body, page.headers, page.url)
    found = extract_if(worth, *given) if worth else extract_page(*given)
    return Failed(found.kind, found.reason, page.url) if isinstance(found, Refused) else found


def _carried(content: str) -> str:
    """The text of what the feed itself carries of the article."""
    if not content:
        return ""
    from watcher.extract import extract_fragment  # noqa: PLC0415 - only workers carry lxml

    return extract_fragment(content)


def _chosen(job: ReadJob, page: ExtractedPage | None, carried: str) -> ArticleText:
    """The best text there is: of the page, of the feed, the summary, the title."""
    title = job.title or (page.title if page else "")
    language = (page.language if page else "") or job.language
    if page and len(page.text) >= _TEASER * len(carried):
        return ArticleText(title, job.summary, page.text, "page", language)
    if carried:
        return ArticleText(title, job.summary, carried, "feed", language)
    source: TextSource = "summary" if job.summary else "title"
    return ArticleText(title, job.summary, "", source, language)


_RANKS: tuple[TextSource, ...] = ("title", "summary", "feed", "page")


def _not_worse(text: ArticleText, job: ReadJob) -> ArticleText:
    """The text of an earlier reading instead, where that came from a better source: a page may go, its words stay."""
    if job.kept_text and _RANKS.index(job.kept_source) > _RANKS.index(text.source):
        return replace(text, text=job.kept_text, source=job.kept_source)
    return text


def _judged(text: ArticleText, job: ReadJob) -> Judgement:
    if _desk.watch is None:
        return unjudged(text)
    return _matcher(_desk.watch).judge(text, _context(job, job.language or text.language))


def _matcher(watch: WatchDef) -> Matcher:
    from watcher.matching import compile_watch  # noqa: PLC0415 - parsing feeds needs no rules

    if _desk.matcher is None:
        _desk.matcher = compile_watch(watch)
        gc.freeze()  # the rules live as long as the process: no use in looking through them for garbage
    return _desk.matcher


def _context(job: ReadJob, language: str) -> Context:
    from watcher.matching import Context  # noqa: PLC0415 - parsing feeds needs no rules

    return Context(
        feed_tags=job.feed_tags,
        outlet_class=job.outlet_class,
        published_at=job.published_at or job.first_seen_at,
        language=language,
    )


def unjudged(text: ArticleText) -> Judgement:
    """What is said of an article that no rules have seen; the empty ``rules_hash`` tells it from a judged one."""
    return Judgement(
        level=None,
        score=0.0,
        topics=(),
        matches=(),
        facts=(),
        entities=(),
        evidence=None,
        language=text.language or "und",
        rules_hash="",
    )


def without_reading(job: ReadJob) -> ArticleText:
    """What is known of an article that no worker could read: what the feed said, plain already."""
    return _not_worse(_chosen(job, None, ""), job)
