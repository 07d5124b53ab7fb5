"""Matching: what the rules say of an article, and why.

Start with :mod:`watcher.matching.patterns` for the pattern language, :mod:`watcher.matching.topics` for gates and
scores, :mod:`watcher.matching.matcher` for how a text is searched. The parts are loaded when they are asked for: the
daemon, which only reads definitions, goes without the tables of all languages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from watcher.lazily import parts_of

if TYPE_CHECKING:
    from watcher.matching.checking import rule_problems
    from watcher.matching.explanation import Explanation, Miss, TopicExplanation, explain
    from watcher.matching.language import detect_language
    from watcher.matching.lints import lint
    from watcher.matching.matcher import Context, FormList, Matcher, compile_pattern, compile_watch

__all__ = [
    "Context",
    "Explanation",
    "FormList",
    "Matcher",
    "Miss",
    "TopicExplanation",
    "compile_pattern",
    "compile_watch",
    "detect_language",
    "explain",
    "lint",
    "rule_problems",
]

_PARTS = {
    "checking": ("rule_problems",),
    "explanation": ("Explanation", "Miss", "TopicExplanation", "explain"),
    "language": ("detect_language",),
    "lints": ("lint",),
    "matcher": ("Context", "FormList", "Matcher", "compile_pattern", "compile_watch"),
}

if not TYPE_CHECKING:
    __getattr__ = parts_of(__name__, _PARTS)
