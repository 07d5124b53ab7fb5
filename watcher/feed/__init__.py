"""Feed documents: bytes and headers in, entries out; lists of feeds in OPML.

Start with :mod:`watcher.feed.documents`.
"""
