"""The configuration: read once, checked as a whole, handed down as frozen values."""

from watcher.config.load import Config, load

__all__ = ["Config", "load"]
