"""The flow: poll, read, deliver, in order and without loss; it decides nothing.

Start with :mod:`watcher.pipeline.flow`.
"""
