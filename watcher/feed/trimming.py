"""A feed document without the items that are known: parsing costs a hundred times what finding them out does.

A document is cut on the boundaries of its items, byte for byte, only where nothing of the answer can depend on the
items left out; in any doubt there is no cut, and the document is parsed whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from html import unescape
from xml.parsers import expat

from watcher.text import canonical_url

DIGEST_BYTES = 8
MAX_ITEMS = 2_000
_MAX_DEPTH = 50  # outside of items; more is no feed, and each element costs its depth
# Digests of another edition are not known: to be raised when the same bytes are to be read in another way.
_EDITION = b"1"
_ATOM = "http://www.w3.org/2005/Atom"
# What counts as an item, and within what: names as expat gives them, with the namespace before the blank.
_PARENTS = {"item": ("rss", "channel"), f"{_ATOM} entry": (f"{_ATOM} feed",)}
_GUIDS = frozenset({"guid", "id", "identifier"})
_LINKS = frozenset({"link", "origLink"})


@dataclass(frozen=True, slots=True)
class Trimmed:
    """A document without the items that were known.

    Attributes:
        body: the document, well-formed, with its unknown items in their order.
        known: how many items were left out.
        digests: of all items of the whole document, ``DIGEST_BYTES`` each: what is known once they are stored.
    """

    body: bytes
    known: int
    digests: bytes


def trimmed(body: bytes, known: bytes, *, context: str = "") -> Trimmed | None:
    """The document without its known items; None when it must be read whole.

    Args:
        body: an RSS or Atom document in UTF-8.
        known: the ``digests`` of an earlier document of the same feed.
        context: whatever else the meaning of an item depends on, such as the address of the document.
    """
    found = _survey(body)
    if found is None:
        return None
    key = blake2b(b"\0".join((_EDITION, context.encode("utf-8", "replace"), found.frame)), digest_size=32).digest()
    digests = [blake2b(body[start:end], digest_size=DIGEST_BYTES, key=key).digest() for start, end in found.items]
    before = {known[at : at + DIGEST_BYTES] for at in range(0, len(known), DIGEST_BYTES)}
    parts, kept_from = [], 0
    for (start, end), digest in zip(found.items, digests, strict=True):
        if digest in before:
            parts.append(body[kept_from:start])
            kept_from = end
    parts.append(body[kept_from:])
    return Trimmed(b"".join(parts), len(parts) - 1, b"".join(digests))


@dataclass(slots=True)
class _Survey:
    """Where the items of a document are.

    Attributes:
        frame: the first tag, whose namespaces and base address bear on every item.
        items: (start, end) of each item, in bytes.
    """

    body: bytes
    frame: bytes = b""
    items: list[tuple[int, int]] = field(default_factory=list)
    _path: list[str] = field(default_factory=list)
    _depth: int = 0
    _root_at: int = -1
    _item_at: int = -1
    _name_at: int = -1
    _guid: bytes = b""
    _link: bytes = b""
    _names: set[bytes | str] = field(default_factory=set)

    def read(self) -> None:
        """Walks through the document.

        Raises:
            expat.ExpatError, _DoubtfulError: it has to be parsed whole.
        """
        parser = expat.ParserCreate("utf-8", namespace_separator=" ")

        def start(name: str, _: object) -> None:
            self._start(name, parser.CurrentByteIndex)

        def end(name: str) -> None:
            self._end(name, parser.CurrentByteIndex)

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.StartDoctypeDeclHandler = _doubt
        parser.Parse(self.body, True)

    def _start(self, name: str, at: int) -> None:
        self._depth += 1
        if self._item_at >= 0:
            self._name_at = at
        elif _PARENTS.get(name) == tuple(self._path):
            self._item_at, self._guid, self._link = at, b"", b""
        else:
            if self._root_at < 0:
                self._root_at = at
            elif not self.frame:
                self.frame = self.body[self._root_at : at]
            if len(self._path) == _MAX_DEPTH:
                raise _DoubtfulError
            self._path.append(name)

    def _end(self, name: str, at: int) -> None:
        inside = self._depth - len(self._path)
        self._depth -= 1
        if inside == 0:
            self._path.pop()
        elif inside == 1:
            self._note_item(at)
        elif inside == 2:
            self._note_name(name, at)

    def _note_name(self, name: str, at: int) -> None:
        namespace, _, local = name.rpartition(" ")
        if local in _GUIDS:
            self._guid = self._once(self._guid, at)
        elif local in _LINKS and namespace != _ATOM:
            self._link = self._once(self._link, at)

    def _once(self, before: bytes, at: int) -> bytes:
        """What an element holds that may be there once, and only with text."""
        text = self.body[self._name_at : at].partition(b">")[2].strip()
        if before or not text:
            raise _DoubtfulError
        return text

    def _note_item(self, at: int) -> None:
        """Entries are told apart by what comes once only; where it does not, by all the items together."""
        name = self._guid or canonical_url(unescape(_bare(self._link).decode()))
        closed_by_tag = self.body[at : at + 2] == b"</"
        if not name or name in self._names or not closed_by_tag or len(self.items) == MAX_ITEMS:
            raise _DoubtfulError
        self._names.add(name)
        self.items.append((self._item_at, self.body.index(b">", at) + 1))
        self._item_at = -1


def _bare(text: bytes) -> bytes:
    return text.removeprefix(b"<![CDATA[").removesuffix(b"]]>").strip()


class _DoubtfulError(Exception):
    """The meaning of the items may depend on each other."""


def _doubt(*_: object) -> None:
    raise _DoubtfulError


def _survey(body: bytes) -> _Survey | None:
    found = _Survey(body)
    try:
        body.decode("utf-8")
        found.read()
    except (expat.ExpatError, UnicodeDecodeError, ValueError, _DoubtfulError):
        return None
    return found if found.items else None
