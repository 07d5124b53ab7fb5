"""Near-copies: wire copy, light rewrites and truncated reprints, found by shingles.

A text becomes the set of its runs of three words. MinHash (rensa) gives a small sketch of the set, so that copies are
looked up instead of compared with everything; what is found is then verified exactly: by the Jaccard similarity of the
sets, or, for reprints that were cut, by how much of the smaller set is in the larger one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from struct import pack, unpack
from typing import Final
from zlib import crc32

from rensa import RMinHash

from watcher.text import fold, tokenize

_RUN: Final = 3
_RUN_UNSPACED: Final = 5  # characters of Chinese or Japanese: about as much as three words
_MOST: Final = 3_000
_WIDTH: Final = 4
_LEAST: Final = 12
"""A text with fewer shingles is too short to be anyone's copy: headlines are alike by chance."""

_PERMUTATIONS: Final = 64
_SEED: Final = 2025
# Two rows a band find a reprint of the first quarter of a text with a probability of 0.87, of the first half with
# 0.999; what is found by chance is refused by the exact comparison.
_ROWS: Final = 2


@dataclass(frozen=True, slots=True)
class Shingles:
    """A text as a set of shingles, each by its CRC-32, with the sketch that finds it.

    Attributes:
        packed: the CRCs in ascending order, four bytes each, little-endian: many are kept, few are compared.
        bands: parts of the MinHash sketch; texts that share one are worth comparing. Made from the CRCs.
    """

    packed: bytes
    bands: tuple[int, ...]

    @property
    def hashes(self) -> frozenset[int]:
        """The CRCs."""
        return frozenset(unpack(f"<{len(self)}I", self.packed))

    def __len__(self) -> int:
        return len(self.packed) // _WIDTH

    def copies(self, other: Shingles, *, jaccard: float, contained: float) -> float:
        """How surely one text is a copy of the other, from 0 to 1; 0 when it is none.

        Args:
            jaccard: from this similarity on, they are copies.
            contained: from this share of the smaller one on, it is a part of the larger one.
        """
        least = min(len(self), len(other))
        if least < _LEAST:
            return 0.0
        shared = len(self.hashes & other.hashes)
        alike = shared / (len(self) + len(other) - shared)
        return shared / least if alike >= jaccard or shared / least >= contained else 0.0


def shingles(*texts: str) -> Shingles:
    """The shingles of a text that is given in parts: title, then body. The parts are canonical."""
    hashes = {hash_ for text in texts for hash_ in _hashes(tokenize(text).words)}
    return of_packed(pack(f"<{len(hashes)}I", *sorted(hashes)))


def of_packed(packed: bytes) -> Shingles:
    """The same from the packed CRCs alone, as they are stored."""
    if len(packed) < _LEAST * _WIDTH:
        return Shingles(packed, ())
    sketch = RMinHash(num_perm=_PERMUTATIONS, seed=_SEED)
    sketch.update([packed[at : at + _WIDTH] for at in range(0, len(packed), _WIDTH)])
    digest: list[int] = sketch.digest()
    rows = (digest[start : start + _ROWS] for start in range(0, _PERMUTATIONS, _ROWS))
    return Shingles(packed, tuple(band << 64 | first << 32 | second for band, (first, second) in enumerate(rows)))


def _hashes(words: Sequence[str]) -> Iterator[int]:
    unspaced = sum(len(word) == 1 and fold(word) > "\u3000" for word in words[:200])
    run = _RUN_UNSPACED if 2 * unspaced > len(words[:200]) else _RUN
    for start in range(min(len(words) - run + 1, _MOST)):
        yield crc32("\x1f".join(words[start : start + run]).encode())
