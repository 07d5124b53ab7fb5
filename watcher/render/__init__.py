"""Alerts, and many alerts together, as messages that a target accepts.

Start with :mod:`watcher.render.alert`.
"""
