"""What is new in a known story: decided here, put into words here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

NewsKind = Literal["fact", "official", "level", "sources"]

STANCES: Final = {"deny": "denied", "confirm": "confirmed"}
"""The stances that are news; agreeing, demanding and the like is what people do all day."""

OF_STORY: Final = frozenset({"stance", "topic"})
"""The kinds of claim that are new in each story; all others are new once, whatever story has them."""

NAMELESS: Final = frozenset({"deny"})
"""Those that are news also when the text does not say whose they are."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A fact that a report tells in its title or lead, or a topic that it is about.

    Attributes:
        kind, value, unit: as in :class:`watcher.model.Fact`; or ``topic`` and its id.
        speaker: id of who takes a stance, or empty; ``name`` is the canonical name, or the label of the topic.
    """

    kind: str
    value: str
    unit: str = ""
    speaker: str = ""
    name: str = ""

    @property
    def fact(self) -> tuple[str, str, str]:
        """The claim without who makes it."""
        return self.kind, self.value, self.unit

    def is_known(self, known: Iterable[Claim]) -> bool:
        """Whether one of these claims says the same; an unknown speaker may be any."""
        return any(
            self.fact == claim.fact and (self.speaker == claim.speaker or not self.speaker or not claim.speaker)
            for claim in known
        )

    def words(self) -> str:
        """The claim in words for people."""
        match self.kind:
            case "plan_points":
                return f"{self.value}-point plan"
            case "deadline":
                return f"deadline: {self.value}"
            case "quantity":
                return f"{_grouped(self.value)} {self.unit}".rstrip()
            case "topic":
                return self.name or self.value
            case "stance":
                verb = STANCES.get(self.value, self.value)
                return f"{verb} by {self.name or self.speaker}" if self.speaker else verb
            case _:
                return f"{self.kind.replace('_', ' ')}: {_grouped(self.value)} {self.unit}".rstrip()


def _grouped(value: str) -> str:
    return f"{int(value):,}".replace(",", " ") if value.isdecimal() and len(value) > 4 else value


@dataclass(frozen=True, slots=True)
class News:
    """One thing that is new in a story.

    Attributes:
        kind: ``fact``, ``official`` (an official text), ``level`` (it was a mention before), or ``sources``.
        text: in words, for the alert: ``19-point plan``, ``denied by Marco Rubio``.
    """

    kind: NewsKind
    text: str


def new_claims(claims: Iterable[Claim], known: Callable[[Claim], bool]) -> Iterator[News]:
    """The claims that are not known."""
    said: list[Claim] = []
    for claim in claims:
        if not known(claim) and not claim.is_known(said):
            said.append(claim)
            yield News("fact", claim.words())


def ordinal(number: int) -> str:
    """An ordinal number in English: ``1st``, ``11th``."""
    ending = "th" if number % 100 in range(11, 14) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
