"""What a person asks for and sees: the commands, and what they show.

Start with :mod:`watcher.cli.app`. Its commands import late, so that ``--help`` answers at once.
"""
