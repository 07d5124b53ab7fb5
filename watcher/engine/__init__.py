"""Where work runs, and what work is.

Start with :mod:`watcher.engine.work`; :mod:`watcher.engine.local` runs it on this machine,
:mod:`watcher.engine.cluster` on many.
"""
