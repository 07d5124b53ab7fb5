"""Delivery through Apprise.

Start with :mod:`watcher.notify.notifier`.
"""
