"""Secrets: ``${NAME}`` anywhere in a value, or ``file:PATH`` as the whole of it."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from watcher.config.findings import Findings, Path_, did_you_mean
from watcher.config.nodes import Document

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_MAX_BYTES = 65_536
# The modes of files there are made by the container engine, in a place that only the container sees.
_MOUNTED = Path("/run/secrets")
_SHORTEST = 4


_CREDENTIAL = re.compile(r"auth(?!or)|token|secret|passw|^pwd$|api_?-?key|^key$|^sig(nature)?$", re.IGNORECASE)


def refers(raw: str) -> bool:
    """Whether a value has its secret from somewhere else."""
    return "${" in raw or raw.startswith("file:")


def masked_url(raw: str) -> str:
    """A URL as the user wrote it, references and all, with ``***`` for credentials that are written out."""
    if raw.startswith("file:") or not any(written_credentials(raw)):
        return raw
    parts = urlsplit(raw)
    user, at, host = parts.netloc.rpartition("@")
    netloc = f"***@{host}" if at and not refers(user) else parts.netloc
    query = "&".join(f"{pair.partition('=')[0]}=***" if _credential(pair) else pair for pair in parts.query.split("&"))
    return urlunsplit(parts._replace(netloc=netloc, query=query))


def written_credentials(raw: str) -> Iterator[str]:
    """What in a URL is a credential, by its place or its name, and no reference."""
    parts = urlsplit(raw)
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    if not refers(user + password):
        yield from filter(None, [unquote(password or user)])
    yield from (unquote(value) for value in map(_credential, parts.query.split("&")) if value)


def _credential(pair: str) -> str:
    """The value of a parameter that is a credential by its name; else empty."""
    name, _, value = pair.partition("=")
    return "" if refers(value) or not _CREDENTIAL.search(name) else value


@dataclass(frozen=True, slots=True)
class Resolved:
    """A value with its references replaced; ``literal`` when it had none."""

    text: str
    literal: bool


@dataclass(slots=True)
class Secrets:
    """Resolves references, and remembers the values that must not be shown.

    Attributes:
        foreign: those that do not stand in the files, so that no word on what is wrong with them may repeat them.
    """

    env: Mapping[str, str]
    directory: Path
    findings: Findings
    found: dict[str, None] = field(default_factory=dict)
    foreign: set[str] = field(default_factory=set)

    def public(self, document: Document, path: Path_, raw: str) -> str | None:
        """A value that may come from outside but needs no hiding; None, and a problem, when it cannot be had."""
        resolved = self._resolve(document, path, raw)
        return resolved.text if resolved else None

    def secret(self, document: Document, path: Path_, raw: str) -> Resolved | None:
        """A value to be hidden wherever it turns up."""
        resolved = self._resolve(document, path, raw)
        if resolved:
            self.hide(resolved.text)
            if not resolved.literal:
                self.foreign.add(resolved.text)
            for name in [] if raw.startswith("file:") else _REFERENCE.findall(raw):
                self.hide(self.env[name])
                self.foreign.add(self.env[name])
        return resolved

    def hide(self, value: str) -> None:
        """Remembers a value, and the way it is spelt inside a URL."""
        for spelling in (value, quote(value, safe="")):
            if len(spelling) >= _SHORTEST:
                self.found[spelling] = None

    def hide_url(self, url: str) -> None:
        """Remembers a URL and those of its parts that may be credentials."""
        self.hide(url)
        parts = urlsplit(url)
        userinfo, _, host = parts.netloc.rpartition("@")
        pieces = [*userinfo.split(":")[1:], *parts.path.split("/")]
        # In many URLs of Apprise the token stands where the host of others is.
        pieces += [host] if "." not in host and ":" not in host else []
        pieces += [pair.partition("=")[2] for pair in parts.query.split("&")]
        for piece in pieces:
            if len(piece) >= 8:
                self.hide(unquote(piece))

    def _resolve(self, document: Document, path: Path_, raw: str) -> Resolved | None:
        text = self._expand(document, path, raw)
        if text is None:
            return None
        if raw.startswith("file:"):
            content = self._read(document, path, self.directory / text.removeprefix("file:"))
            return None if content is None else Resolved(content, literal=False)
        return Resolved(text, literal=text == raw)

    def _expand(self, document: Document, path: Path_, raw: str) -> str | None:
        names = _REFERENCE.findall(raw)
        missing = [name for name in names if not self.env.get(name)]
        for name in missing:
            state = "empty" if name in self.env else "not set"
            near = did_you_mean(name, self.env, f"set it: export {name}=…")
            self.findings.error(document, path, f"the environment variable {name} is {state}", near)
        if "${" in _REFERENCE.sub("", raw):
            self.findings.error(document, path, "`${` begins no reference", "write ${NAME}, with letters, digits and _")
            return None
        return None if missing else _REFERENCE.sub(lambda match: self.env[match[1]], raw)

    def _read(self, document: Document, path: Path_, file: Path) -> str | None:
        try:
            mode = file.stat().st_mode
            if not stat.S_ISREG(mode):
                self.findings.error(document, path, f"{file} is not a file", "write the path of a file")
                return None
            with file.open("rb") as opened:
                content = opened.read(_MAX_BYTES + 1).decode()
        except OSError as error:
            self.findings.error(document, path, f"{file} cannot be read: {error.strerror}", "check path and owner")
            return None
        except UnicodeDecodeError:
            self.findings.error(document, path, f"{file} is not UTF-8", "write the secret as text")
            return None
        if mode & stat.S_IRWXO and _MOUNTED not in file.parents:
            self.findings.error(document, path, f"{file} can be read by everyone", f"run: chmod 600 {file}")
        return self._one_line(document, path, file, content)

    def _one_line(self, document: Document, path: Path_, file: Path, content: str) -> str | None:
        content = content.removesuffix("\n").removesuffix("\r")
        if not content or "\n" in content or len(content) > _MAX_BYTES:
            what = "holds more than one line" if content else "is empty"
            self.findings.error(document, path, f"{file} {what}", "write the secret alone on one line")
            return None
        return content
