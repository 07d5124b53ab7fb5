"""Watcher follows one story through the news, and tells you once, with the reason."""

__version__ = "0.1.0"
