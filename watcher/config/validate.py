"""Checks plain data against the models, and tells what is wrong in words that help."""

from __future__ import annotations

import re
import types
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, RootModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from watcher.config.files import File
from watcher.config.findings import Findings, Path_, did_you_mean, one_of
from watcher.config.nodes import Document, Listing, Mapping, Scalar
from watcher.config.values import check_id, format_duration

T = TypeVar("T", bound=BaseModel)


def check_value(document: Document, path: Path_, kind: type[T], findings: Findings) -> T | None:
    """The value at ``path`` as ``kind``.

    When it does not fit, what is wrong becomes problems, and the value is tried again without the keys that are
    wrong, so that the checks to come can find more. None when that does not help.
    """
    data = document.data(path)
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        wrong = set()
        for details in error.errors(include_url=False):
            wrong.add(_real_path(document, path, details["loc"])[:1])
            _report(document, path, kind, details, findings)
    if not isinstance(data, dict):
        return None
    try:
        return kind.model_validate({key: value for key, value in data.items() if (key,) not in wrong})
    except ValidationError:
        return None


def check_top(document: Document, model: type[BaseModel], findings: Findings) -> bool:
    """Whether the file is a mapping; reports unknown and missing top-level keys."""
    root = document.root
    if root is None:
        return False
    known = _keys_of(model)
    if not isinstance(root, Mapping):
        findings.error(document, (), "should be a mapping", f"begin with `{known[-1]}:`")
        return False
    for key in document.keys_at():
        if key not in known:
            findings.error(document, (key,), f"unknown key `{key}`", did_you_mean(key, known, one_of(known)))
    check_value(document.only("format"), (), File, findings)
    for name, info in model.model_fields.items():
        if info.is_required() and (info.alias or name) not in document.keys_at():
            findings.error(document, (), f"`{name}` is missing", f"add `{name}:`")
    return True


def check_items(
    document: Document, section: str, model: type[BaseModel], kind: type[T], findings: Findings
) -> Iterator[tuple[Path_, T | None]]:
    """Every item of a section with its path; None for an item of which nothing can be used.

    Items are checked one by one, so that a mistake in one does not hide those of the others.
    """
    node = document.node((section,))
    if node is None:
        return
    wanted = "dict_type" if get_origin(model.model_fields[section].annotation) is dict else "list_type"
    if not isinstance(node, Mapping if wanted == "dict_type" else Listing):
        empty = isinstance(node, Scalar) and node.empty
        findings.error(document, (section,), *(_NOTHING if empty else _SHAPES[wanted]))
        return
    steps: Iterable[str | int] = range(len(node.items)) if isinstance(node, Listing) else document.keys_at(section)
    for step in dict.fromkeys(steps):
        path: Path_ = (section, step)
        if isinstance(step, str):
            _check_id(document, path, step, findings)
        yield path, check_value(document, path, kind, findings)


def _check_id(document: Document, path: Path_, key: str, findings: Findings) -> None:
    try:
        check_id(key)
    except PydanticCustomError as error:
        context = error.context or {}
        findings.error(document, path, str(context["message"]), str(context["remedy"]))


def _report(document: Document, base: Path_, kind: object, details: ErrorDetails, findings: Findings) -> None:
    path = (*base, *_real_path(document, base, details["loc"]))
    if details["type"] == "too_short" and getattr(document.node(path), "size", 1) > 1:
        return  # a list whose items are all wrong, which is told already
    message, remedy = _words(document, path, kind, details)
    findings.error(document, path, message, remedy)


def _real_path(document: Document, base: Path_, loc: Path_) -> Path_:
    """The location without the parts that pydantic adds: tags of unions, ``[key]``."""
    path: Path_ = ()
    for index, part in enumerate(loc):
        node = document.node((*base, *path))
        last = index == len(loc) - 1
        known = isinstance(node, Mapping) and part != "[key]" and (last or node.get(str(part)) is not None)
        if known or (isinstance(node, Listing) and isinstance(part, int)):
            path = (*path, part)
    return path


def _words(document: Document, path: Path_, kind: object, details: ErrorDetails) -> tuple[str, str]:
    """Message and remedy of an error of pydantic."""
    context = details.get("ctx", {})
    error, value = details["type"], details["input"]
    node = document.node(path)
    empty = isinstance(node, Scalar) and node.empty
    if error == "watcher":
        return str(context["message"]), str(context["remedy"])
    if error == "extra_forbidden":
        known = _keys_of(_kind_at(kind, details["loc"][:-1]))
        return f"unknown key `{path[-1]}`", did_you_mean(str(path[-1]), known, one_of(known))
    if error in {"missing", "union_tag_not_found"}:
        name = str(path[-1]) if error == "missing" else str(context["discriminator"]).strip("'")
        return f"`{name}` is missing", f"add `{name}: …` here"
    if empty:
        return _NOTHING
    if error in {"literal_error", "union_tag_invalid"}:
        return _not_listed(str(context.get("tag", value)), str(context.get("expected") or context["expected_tags"]))
    return _shape(error, value, context, details["msg"])


def _not_listed(value: str, expected: str) -> tuple[str, str]:
    allowed = re.findall(r"'([^']*)'", expected)
    near = did_you_mean(value, allowed)
    return f"`{value}` is not one of {', '.join(allowed)}", near or f"use one of: {', '.join(allowed)}"


_NOTHING = ("has no value", "write one, or remove the line")
_SHAPES = {
    "string_type": ("should be text", "quote it, or write it on one line"),
    "int_parsing": ("is not a whole number", "write digits only"),
    "int_type": ("should be a whole number", "write digits only"),
    "float_parsing": ("is not a number", "write digits, with a point before decimals"),
    "float_type": ("should be a number", "write digits, with a point before decimals"),
    "finite_number": ("is not a number", "write digits, with a point before decimals"),
    "bool_parsing": ("is neither true nor false", "write true or false"),
    "bool_type": ("should be true or false", "write true or false"),
    "model_type": ("should be a mapping", "write `key: value` lines, indented below it"),
    "model_attributes_type": ("should be a mapping", "write `key: value` lines, indented below it"),
    "dict_type": ("should be a mapping", "write `key: value` lines, indented below it"),
    "list_type": ("should be a list", "write `- item` lines below it, or [a, b]"),
    "tuple_type": ("should be a list", "write `- item` lines below it, or [a, b]"),
    "too_short": ("is empty", "write at least one item"),
}


def _shape(error: str, value: object, context: dict[str, Any], fallback: str) -> tuple[str, str]:
    if error in _SHAPES:
        message, remedy = _SHAPES[error]
        shown = f"`{value}` " if isinstance(value, str) and len(value) < 60 else ""
        return shown + message, remedy
    for name, words in (("ge", "at least"), ("gt", "more than"), ("le", "at most"), ("lt", "less than")):
        if name in context:
            given = format_duration(value) if isinstance(value, timedelta) else value
            return f"`{given}` is out of range", f"write {words} {context[name]}"
    return fallback, ""


def _keys_of(kind: object) -> list[str]:
    """The keys that a model knows, as they are written."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [info.alias or name for name, info in kind.model_fields.items()]
    return []


def _kind_at(kind: object, loc: Path_) -> object:
    """The type of what is at a location of pydantic, tags of unions included."""
    for part in loc:
        kind = _step(_bare(kind), part)
    return _bare(kind)


def _bare(kind: object) -> object:
    """A type without ``Annotated``, ``| None`` and root models around it."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0])
    if isinstance(kind, type) and issubclass(kind, RootModel):
        return _bare(kind.model_fields["root"].annotation)
    if get_origin(kind) in {Union, types.UnionType}:
        rest = [arg for arg in get_args(kind) if arg is not type(None)]
        return _bare(rest[0]) if len(rest) == 1 else kind
    return kind


def _step(kind: object, part: str | int) -> object:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        fields = kind.model_fields.items()
        return next((info.annotation for name, info in fields if part in {name, info.alias}), None)
    if get_origin(kind) is dict:
        return get_args(kind)[1]
    if get_origin(kind) in {tuple, list}:
        return get_args(kind)[0]
    if get_origin(kind) in {Union, types.UnionType}:
        return next((member for member in get_args(kind) if _tag(member) == part), None)
    return None


def _tag(member: object) -> str:
    info = member.model_fields.get("type") if isinstance(member, type) and issubclass(member, BaseModel) else None
    return str(get_args(info.annotation)[0]) if info and get_origin(info.annotation) is Literal else ""
