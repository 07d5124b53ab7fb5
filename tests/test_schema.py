"""The JSON Schemas, the shipped files and the documentation agree with the code."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from tests.json_schema import violations
from watcher import config
from watcher.config import files
from watcher.config.findings import Findings
from watcher.config.nodes import Listing, Mapping, Node, Scalar, compose
from watcher.config.schemas import header, schema_name, schemas
from watcher.model import Settings

ROOT = Path(__file__).parent.parent
SHIPPED = ROOT / "config"
STARTER = ROOT / "watcher" / "starter"
BROKEN = ROOT / "tests" / "data" / "broken"
DOCS = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
SHIPPED_FILES = sorted(path for base in (SHIPPED, STARTER) for path in base.glob("*.yml"))
MODELS = sorted(
    (each for each in vars(files).values() if isinstance(each, type) and issubclass(each, files.Part)),
    key=lambda model: model.__name__,
)


def as_editors_read(node: Node | None) -> Any:
    """Plain data with the types of YAML 1.2, which is what editors check."""
    match node:
        case Mapping():
            return {pair.key: as_editors_read(pair.value) for pair in node.pairs}
        case Listing():
            return [as_editors_read(item) for item in node.items]
        case Scalar(plain=True):
            return typed(node.value)
        case Scalar():
            return node.value
        case None:
            return None


def typed(text: str) -> Any:
    if text in {"true", "false"}:
        return text == "true"
    if text in {"", "~", "null"}:
        return None
    if re.fullmatch(r"[-+]?\d+", text):
        return int(text)
    return float(text) if re.fullmatch(r"[-+]?\d+\.\d+", text) else text


def violations_of(path: Path, text: str | None = None) -> list[str]:
    found = compose(str(path), path.read_text(encoding="utf-8") if text is None else text, Findings())
    schema = json.loads(schemas()[schema_name(path.name)])
    return violations(as_editors_read(found.root), schema, schema)


# --- schemas ------------------------------------------------------------------------------------------------------


def test_committed_schemas_are_those_of_the_code() -> None:
    """`make schema` has been run since the last change of an option."""
    committed = {path.name: path.read_text(encoding="utf-8") for path in (SHIPPED / "schema").glob("*.json")}
    assert committed == schemas()


def test_schemas_are_written_where_they_are_wanted(tmp_path: Path) -> None:
    """`write_schemas` makes the directory and returns what it wrote."""
    written = config.write_schemas(tmp_path / "schema")
    assert {path.name: path.read_text(encoding="utf-8") for path in written} == schemas()


@pytest.mark.parametrize("path", SHIPPED_FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_shipped_file_fits_its_schema(path: Path) -> None:
    """What we ship shows no error in an editor."""
    assert violations_of(path) == []


@pytest.mark.parametrize("path", SHIPPED_FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_shipped_file_names_its_schema_in_the_first_line(path: Path) -> None:
    """Editors find the schema by the first line."""
    assert path.read_text(encoding="utf-8").split("\n")[0] == header(path.name)


@pytest.mark.parametrize(
    "case",
    [
        "unknown-option/watcher.yml",
        "bad-duration/watcher.yml",
        "bad-outlet-codes/feeds.yml",
        "missing-parts/feeds.yml",
        "wrong-shapes/feeds.yml",
        "bad-entities/entities.yml",
        "bad-conditions/topics.yml",
        "bad-score/topics.yml",
        "bad-facts/facts.yml",
        "unknown-target-type/alerts.yml",
    ],
)
def test_editor_sees_what_is_wrong(case: str) -> None:
    """Mistakes of shape are found by the schema already, while one types."""
    assert violations_of(BROKEN / case)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_option_is_described(model: type[BaseModel]) -> None:
    """Each option has words for the editor's tooltip, apart from the `type` that chooses a kind of target."""
    assert [name for name, info in model.model_fields.items() if not info.description and name != "type"] == []


# --- shipped settings ---------------------------------------------------------------------------------------------


def test_shipped_settings_name_every_option_with_its_default(tmp_path: Path) -> None:
    """config/watcher.yml, with its comments taken away, sets every option to the default that it has anyway."""
    text = (SHIPPED / "watcher.yml").read_text(encoding="utf-8")
    names = [field.name for field in dataclasses.fields(Settings)]
    active = [line[2:] for line in text.splitlines() if re.match(r"# [a-z_]+: \S+$", line)]
    assert sorted(line.partition(":")[0] for line in active) == sorted(names)
    target = tmp_path / "watch"
    shutil.copytree(STARTER, target)
    (target / "watcher.yml").write_text("\n".join(active), encoding="utf-8")
    assert config.load(target, {}).settings == Settings()


def test_settings_and_options_are_the_same() -> None:
    """No setting is without an option, and the other way round."""
    assert {field.name for field in dataclasses.fields(Settings)} | {"format"} == set(files.WatcherFile.model_fields)


# --- documentation ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_option_is_documented(model: type[BaseModel]) -> None:
    """docs/configuration.md has a row for each option of each file."""
    rows = set(re.findall(r"^\| `([a-z_]+)`", DOCS, re.MULTILINE))
    assert {info.alias or name for name, info in model.model_fields.items()} - rows == set()


def test_documented_defaults_of_settings_are_true() -> None:
    """The default that the page gives for each setting is the one that the schema gives."""
    schema = json.loads(schemas()["watcher.schema.json"])["properties"]
    section = DOCS.split("\n## watcher.yml")[1].split("\n## ")[0]
    given = dict(re.findall(r"^\| `([a-z_]+)` \| ([^|]*?) \|", section, re.MULTILINE))
    expected = {name: option.get("default") for name, option in schema.items()}
    assert {name: text.strip("`") for name, text in given.items()} == {
        name: shown_default(value) for name, value in expected.items()
    }


def shown_default(value: object) -> str:
    if value in ("", []):
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and value >= 1_000_000:
        return f"{value // 1_000_000}MB"
    return str(value)


EXAMPLES = re.findall(r"^```yaml\n(# (\w+\.yml)\n.*?)^```", DOCS, re.MULTILINE | re.DOTALL)


def test_documentation_has_an_example_of_every_file() -> None:
    """None of the files goes without an example."""
    assert {name for _, name in EXAMPLES} == set(files.FILES)


def test_documented_examples_make_a_working_configuration(tmp_path: Path) -> None:
    """The examples of the page, put together, load without an error or warning."""
    for text, name in EXAMPLES:
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "smtp-password").write_text("hunter22\n")
    (tmp_path / "smtp-password").chmod(0o600)
    env = {"TELEGRAM_TOKEN": "123456:AAF-abcdefghijklmnop", "NEWSROOM_URL": "json://127.0.0.1/", "WIRE_KEY": "k3y-k3y"}
    assert config.load(tmp_path, env).warnings == ()


@pytest.mark.parametrize(
    ("text", "name"), EXAMPLES, ids=[f"{index}-{name}" for index, (_, name) in enumerate(EXAMPLES)]
)
def test_documented_example_fits_its_schema(text: str, name: str) -> None:
    """An editor shows no error for an example of the page."""
    assert violations_of(Path(name), text) == []
