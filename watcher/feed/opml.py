"""OPML, in which readers of feeds take lists of feeds along (OPML 2.0, subscription lists).

What OPML has no word for, such as the country of an outlet, goes into attributes of a namespace of our own: other
programs skip them, and an import here finds them again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lxml import etree  # type: ignore[import-untyped] # it has no annotations

from watcher.errors import UsageError
from watcher.model import Feed, Outlet

NAMESPACE = "urn:watcher:opml"
_OWN = f"{{{NAMESPACE}}}"


@dataclass(frozen=True, slots=True)
class Outline:
    """A feed in a list; what the list does not say is empty.

    Attributes:
        group: the text of the outline that it stands in: an outlet in our own lists, a folder in those of others.
    """

    url: str
    title: str = ""
    group: str = ""
    language: str = ""
    tags: tuple[str, ...] = ()
    outlet: str = ""
    id: str = ""
    family: str = ""
    country: str = ""
    kind: str = ""


def read_opml(body: bytes) -> list[Outline]:
    """Every feed of a list, in its order, each address once.

    Raises:
        UsageError: it is no OPML.
    """
    # Nothing outside of the document is loaded, and no entity is followed.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None or etree.QName(root).localname.lower() != "opml":
        raise UsageError("The file is no OPML.")
    found: dict[str, Outline] = {}
    for node in root.iter("outline"):
        if url := _attribute(node, "xmlUrl"):
            found.setdefault(url, _outline(node))
    return list(found.values())


def _outline(node: etree._Element) -> Outline:
    parent = node.getparent()
    return Outline(
        url=_attribute(node, "xmlUrl"),
        title=_attribute(node, "title") or _attribute(node, "text"),
        group=_attribute(parent, "text") if parent is not None else "",
        language=_attribute(node, "language").lower().split("-")[0],
        tags=tuple(filter(None, (tag.strip().strip("/") for tag in _attribute(node, "category").split(",")))),
        **{name: str(node.get(_OWN + name) or "") for name in ("outlet", "id", "family", "country", "kind")},
    )


def _attribute(node: etree._Element, name: str) -> str:
    """An attribute, in whatever letters: programs write xmlUrl, xmlurl and XMLURL."""
    found = next((value for key, value in node.attrib.items() if str(key).lower() == name.lower()), "")
    return " ".join(str(found).split())


def write_opml(outlets: Sequence[Outlet], feeds: Sequence[Feed]) -> bytes:
    """A list of feeds, grouped by their outlets. Headers of requests, which may be secrets, are left out."""
    root = etree.Element("opml", {"version": "2.0"}, nsmap={"watcher": NAMESPACE})
    etree.SubElement(etree.SubElement(root, "head"), "title").text = "Feeds of Watcher"
    body = etree.SubElement(root, "body")
    for outlet in outlets:
        own = [feed for feed in feeds if feed.outlet_id == outlet.id]
        group = etree.SubElement(body, "outline", {"text": outlet.name}) if own else body
        for feed in own:
            etree.SubElement(group, "outline", dict(_attributes(outlet, feed)))
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True))


def _attributes(outlet: Outlet, feed: Feed) -> Iterator[tuple[str, str]]:
    yield "type", "rss"
    yield "text", outlet.name
    yield "xmlUrl", feed.url
    yield "language", feed.language or outlet.language
    if feed.tags:
        yield "category", ",".join(feed.tags)
    own = {
        "outlet": outlet.id, "id": feed.id, "family": outlet.family, "country": outlet.country, "kind": outlet.kind,
    }  # fmt: skip
    yield from ((_OWN + name, str(value)) for name, value in own.items())
