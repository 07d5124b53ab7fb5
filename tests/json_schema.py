"""Just enough of JSON Schema (draft 7) to check the schemas that we write; an unknown keyword is an error."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

_IGNORED = {"$schema", "definitions", "description", "default", "examples"}
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def violations(value: Any, schema: dict[str, Any], root: dict[str, Any], path: str = "$") -> list[str]:
    """What of ``value`` does not fit, as ``path: reason``."""
    return list(_check(value, schema, root, path))


def _check(value: Any, schema: dict[str, Any], root: dict[str, Any], path: str) -> Iterator[str]:
    if "$ref" in schema:
        schema = root["definitions"][schema["$ref"].removeprefix("#/definitions/")]
    assert schema.keys() <= _IGNORED | _SIMPLE.keys() | _NESTED
    for keyword, argument in schema.items():
        if keyword in _SIMPLE and not _SIMPLE[keyword](value, argument):
            yield f"{path}: {keyword} {argument}: {value!r}"
    passed = [not violations(value, each, root, path) for each in schema.get("anyOf", schema.get("oneOf", []))]
    if passed and (sum(passed) != 1 if "oneOf" in schema else not any(passed)):
        yield f"{path}: fits none, or more than one: {value!r}"
    for index, item in enumerate(value if "items" in schema and isinstance(value, list) else ()):
        yield from _check(item, schema["items"], root, f"{path}[{index}]")
    for key, item in value.items() if isinstance(value, dict) else ():
        yield from _check(key, schema.get("propertyNames", {}), root, f"{path}.{key}")
        yield from _property(key, item, schema, root, path)


def _property(key: str, item: Any, schema: dict[str, Any], root: dict[str, Any], path: str) -> Iterator[str]:
    named = [schema.get("properties", {})[key]] if key in schema.get("properties", {}) else []
    named += [each for pattern, each in schema.get("patternProperties", {}).items() if re.search(pattern, key)]
    rest = schema.get("additionalProperties", True)
    if not named and rest is False:
        yield f"{path}.{key}: not allowed"
    for each in named or ([rest] if isinstance(rest, dict) else []):
        yield from _check(item, each, root, f"{path}.{key}")


def _one_of_types(value: Any, names: str | list[str]) -> bool:
    return any(_is(value, name) for name in ([names] if isinstance(names, str) else names))


def _is(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, _TYPES[name])


_SIMPLE: dict[str, Callable[[Any, Any], bool]] = {
    "type": _one_of_types,
    "enum": lambda value, allowed: value in allowed,
    "const": lambda value, only: bool(value == only),
    "pattern": lambda value, pattern: not isinstance(value, str) or bool(re.search(pattern, value)),
    "minimum": lambda value, least: not _is(value, "number") or bool(value >= least),
    "maximum": lambda value, most: not _is(value, "number") or bool(value <= most),
    "minLength": lambda value, least: not isinstance(value, str) or len(value) >= least,
    "minItems": lambda value, least: not isinstance(value, list) or len(value) >= least,
    "minProperties": lambda value, least: not isinstance(value, dict) or len(value) >= least,
    "required": lambda value, keys: not isinstance(value, dict) or set(keys) <= value.keys(),
}
_NESTED = {"anyOf", "oneOf", "items", "propertyNames", "properties", "patternProperties", "additionalProperties"}
