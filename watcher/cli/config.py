"""The command that shows the configuration as it is in force, without its secrets."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from watcher.cli.options import CONFIG, ConfigOption, JsonOption

config_app = typer.Typer(no_args_is_help=True, help="Show the configuration that is in force.")


@config_app.command("show")
def config_show(
    config: ConfigOption = CONFIG,
    feeds: Annotated[bool, typer.Option("--feeds", help="Show every outlet and feed too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show every setting, target and route in force, defaults included, as YAML or JSON. Secrets are hidden."""
    from watcher.config import load
    from watcher.config.showing import as_shown

    shown = as_shown(load(config, os.environ), feeds=feeds)
    if as_json:
        import json

        sys.stdout.write(json.dumps(shown, ensure_ascii=False, indent=2) + "\n")
    else:
        import yaml

        yaml.safe_dump(shown, sys.stdout, allow_unicode=True, sort_keys=False, width=120)
