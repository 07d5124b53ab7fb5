"""What tells the entries of a feed apart: guid, link, or a hash of what they say."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from hashlib import sha256

from watcher.model import Entry, IdentityPolicy, IdentitySource
from watcher.text import canon, canonical_url, clean_line

MAX_UID = 1_000


@dataclass(frozen=True, slots=True)
class Named:
    """An entry with what it can be told apart by."""

    guid: str
    link: str
    digest: str
    entry: Entry

    @property
    def headline(self) -> str:
        """A hash of the title."""
        return sha256(self.entry.title.encode("utf-8", "replace")).hexdigest()


def identified(named: list[Named], policy: IdentityPolicy) -> tuple[tuple[Entry, ...], list[str]]:
    """The entries, each with its uid, and what was repeated in the same document."""
    ambiguous = _ambiguous(named)
    entries: dict[str, Entry] = {}
    repeated: list[str] = []
    for one in named:
        uid, source = _uid(one, policy, ambiguous)
        if uid in entries:
            repeated.append(clean_line(f"repeated in the same document: {uid}", 150))
        else:
            entries[uid] = replace(one.entry, uid=uid, uid_source=source)
    return tuple(entries.values()), repeated


def named_by(guid: str, entry: Entry) -> Named:
    """An entry with its guid, its link and its digest, made comparable."""
    digest = sha256(f"{entry.title}|{entry.summary[:500]}".encode("utf-8", "replace")).hexdigest()
    guid = canon(guid).strip()
    if len(guid) > MAX_UID:
        guid = sha256(guid.encode("utf-8", "replace")).hexdigest()
    link = canonical_url(entry.url)
    return Named(guid, link if len(link) <= MAX_UID else "", digest, entry)


@dataclass(frozen=True, slots=True)
class _Ambiguous:
    """Keys that do not tell entries apart.

    Attributes:
        guids: those that go with several links.
        links: those of entries without guid that go with several titles, as when all items lead to the home page.
    """

    guids: frozenset[str]
    links: frozenset[str]


def _ambiguous(named: list[Named]) -> _Ambiguous:
    guids = Counter(guid for guid, _ in {(one.guid, one.link or one.digest) for one in named if one.guid})
    links = Counter(link for link, _ in {(one.link, one.entry.title) for one in named if one.link and not one.guid})
    return _Ambiguous(
        frozenset(guid for guid, count in guids.items() if count > 1),
        frozenset(link for link, count in links.items() if count > 1),
    )


def _uid(one: Named, policy: IdentityPolicy, ambiguous: _Ambiguous) -> tuple[str, IdentitySource]:
    by_guid: tuple[str, IdentitySource] = (one.guid, "guid")
    if policy == "auto" and one.guid in ambiguous.guids:
        by_guid = (f"{one.guid} {one.link or one.digest}", "guid+link")
    by_link: tuple[str, IdentitySource] = (one.link, "link")
    if policy != "link" and one.link in ambiguous.links:
        by_link = ("", "link")
    by_title: tuple[str, IdentitySource] = (one.headline if one.entry.title else "", "hash")
    order = {"auto": (by_guid, by_link), "guid": (by_guid, by_link), "link": (by_link,), "title": (by_title,)}
    return next((named for named in order.get(policy, ()) if named[0]), (one.digest, "hash"))
