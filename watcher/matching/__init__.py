"""Matching: what the rules say of an article, and why.

Start with :mod:`watcher.matching.patterns` for the pattern language, :mod:`watcher.matching.topics` for gates and
scores, :mod:`watcher.matching.matcher` for how a text is searched.
"""

from __future__ import annotations

from watcher.matching.explain import Explanation, Miss, TopicExplanation, explain
from watcher.matching.language import detect_language
from watcher.matching.lint import lint
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
]
