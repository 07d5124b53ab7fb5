"""The configuration: read once, checked as a whole, handed down as frozen values.

``nodes`` reads YAML with places, ``files`` has the shape and the words of every option, ``validate`` turns what does
not fit into problems; ``sources``, ``watch`` (with ``conditions``) and ``alerts`` (with ``targets``) check what depends
on more than one field, ``secrets`` resolves references, ``load`` puts it together.
"""

from watcher.config.checking import check
from watcher.config.codes import COUNTRIES, LANGUAGES, UNIONS
from watcher.config.editing import NewFeed, change_feeds, with_feeds, without_feed
from watcher.config.load import Config, load
from watcher.config.scaffold import describe_redacted, init, shipped_file
from watcher.config.schemas import write_schemas
from watcher.config.values import parse_duration

__all__ = [
    "COUNTRIES",
    "LANGUAGES",
    "UNIONS",
    "Config",
    "NewFeed",
    "change_feeds",
    "check",
    "describe_redacted",
    "init",
    "load",
    "parse_duration",
    "shipped_file",
    "with_feeds",
    "without_feed",
    "write_schemas",
]
