"""Bodies: content codings undone with a limit, and a check that the stream came to its end."""

from __future__ import annotations

import zlib

from watcher.model import FailureKind


class BodyFault(Exception):
    """A body that cannot be used; caught within this package."""

    def __init__(self, kind: FailureKind, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


class Decoder:
    """Undoes a content coding piece by piece, with a limit, and knows whether the stream came to its end.

    Args:
        coding: the value of Content-Encoding.
        limit: bytes, on the wire as well as decoded.

    Raises:
        BodyFault: the coding is unknown, the data do not fit it, or they are too many.
    """

    def __init__(self, coding: str, limit: int) -> None:
        self._coding = coding.strip().lower().removeprefix("x-") or "identity"
        if self._coding not in ("identity", "gzip", "deflate"):
            raise BodyFault(
                FailureKind.PROTOCOL, f"the body is coded as {self._coding[:40]!r}, which was not asked for"
            )
        self._limit = limit
        self._stream: zlib._Decompress | None = None
        self._begun = b""
        self._wire = 0
        self._out = bytearray()

    def feed(self, data: bytes) -> None:
        """Take the next piece from the wire."""
        self._wire += len(data)
        if self._coding == "identity":
            self._out += data
        self._check()
        if self._coding != "identity":
            self._unpack(data)

    def _unpack(self, data: bytes) -> None:
        if self._stream is None:
            self._begun += data
            if len(self._begun) < 2:
                return
            data, self._begun = self._begun, b""
            self._stream = self._open(data)
        self._inflate(data)

    def finish(self) -> bytes:
        """The whole body.

        Raises:
            BodyFault: the compressed stream breaks off.
        """
        if self._begun or (self._stream is not None and not self._stream.eof):
            raise BodyFault(FailureKind.TRUNCATED, f"the {self._coding} stream breaks off")
        return bytes(self._out)

    def clipped(self) -> bytes:
        """What there is so far, up to the limit."""
        return bytes(self._out[: self._limit])

    def _open(self, start: bytes) -> zlib._Decompress:
        if self._coding == "gzip":
            return zlib.decompressobj(wbits=31)
        # "deflate" means the zlib format, but some servers send the bare stream (RFC 9110, 8.4.1.2).
        wrapped = start[0] & 0x0F == 8 and int.from_bytes(start[:2], "big") % 31 == 0
        return zlib.decompressobj(wbits=15 if wrapped else -15)

    def _inflate(self, data: bytes) -> None:
        while data and self._stream is not None:
            if self._stream.eof:
                if self._coding != "gzip" or data[:2] != b"\x1f\x8b":
                    return  # padding after the end, which gunzip ignores too
                self._stream = zlib.decompressobj(wbits=31)
            try:
                self._out += self._stream.decompress(data, self._limit + 1 - len(self._out))
            except zlib.error as error:
                raise BodyFault(FailureKind.PROTOCOL, f"the body is not the {self._coding} it claims to be") from error
            self._check()
            data = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail

    def _check(self) -> None:
        if max(self._wire, len(self._out)) > self._limit:
            raise BodyFault(FailureKind.TOO_LARGE, f"the body is larger than {_size(self._limit)}")


def _size(count: int) -> str:
    return f"{count / 1_000_000:g} MB" if count >= 100_000 else f"{count} bytes"
