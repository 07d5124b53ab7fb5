"""What is told, to whom, when, and how much at once: decisions only.

Start with :mod:`watcher.alerting.planning`.
"""
