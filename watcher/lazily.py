"""Packages whose parts are loaded when they are asked for (PEP 562)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from sys import modules


def parts_of(package: str, parts: Mapping[str, Sequence[str]]) -> Callable[[str], object]:
    """What a package defines as its ``__getattr__``.

    Args:
        package: its name.
        parts: the public names of each of its modules.
    """
    homes = {name: module for module, names in parts.items() for name in names}

    def part(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found: object = getattr(import_module(f"{package}.{homes[name]}"), name)
        setattr(modules[package], name, found)
        return found

    return part
