"""JSON Schemas of the files, for editors: made from the models that check them."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from watcher.config.files import CONDITION, FILES
from watcher.config.values import format_duration

_DIALECT = "http://json-schema.org/draft-07/schema#"


def schema_name(file: str) -> str:
    """The name of a file's schema: ``feeds.schema.json`` for ``feeds.yml``."""
    return f"{Path(file).stem}.schema.json"


def header(file: str) -> str:
    """The first line of a file, which tells editors where its schema is."""
    return f"# yaml-language-server: $schema=schema/{schema_name(file)}"


def schemas() -> dict[str, str]:
    """The text of every schema, by its file name."""
    return {schema_name(file): _schema(file) for file in FILES}


def write_schemas(directory: Path) -> list[Path]:
    """Writes all schemas into a directory, which is made if need be, and returns their paths."""
    directory.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, text in schemas().items():
        path = directory / name
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def _schema(file: str) -> str:
    # Draft 7 is what editors know best; it has `definitions` where later drafts have `$defs`.
    made = FILES[file].model_json_schema(by_alias=True, ref_template="#/definitions/{model}")
    definitions = made.pop("$defs", {}) | ({"Condition": CONDITION} if file == "topics.yml" else {})
    whole = {"$schema": _DIALECT, **_clean(made), "definitions": _clean(definitions)}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _clean(value: Any) -> Any:  # noqa: ANN401  any JSON
    """JSON without titles that only repeat names, without what OpenAPI adds, and without null, which is refused."""
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("$comment") == "Condition":
        return {"$ref": "#/definitions/Condition"}
    cleaned = {key: _clean(item) for key, item in value.items() if not _idle(key, item)}
    if re.fullmatch(r"PT?\d[\dTYDHMS]*", str(cleaned.get("default", ""))):
        # pydantic writes durations in ISO 8601, people do not.
        cleaned["default"] = format_duration(TypeAdapter(timedelta).validate_python(cleaned["default"]))
    match cleaned.pop("anyOf", None):
        case [only, {"type": "null"}]:
            return only | cleaned
        case [_, *_] as several:
            return cleaned | {"anyOf": several}
        case _:
            return cleaned


def _idle(key: str, value: object) -> bool:
    # Bounds of durations come out as keywords that JSON Schema does not have.
    foreign = key == "discriminator" or (key in {"ge", "gt", "le", "lt"} and not isinstance(value, dict))
    return foreign or (key == "title" and isinstance(value, str)) or (key == "default" and value is None)
