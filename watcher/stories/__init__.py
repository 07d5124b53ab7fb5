"""Stories: which hits report one event, who had it first, and what is new in it.

* :func:`report_of` takes from a judged article what its story needs: anchors that carry across languages, words for
  comparing texts of one language, shingles for finding copies, and the newsroom the report comes from.
* :class:`Board` holds the open stories, and puts reports into them.
* :class:`Story` is what is known of an open story; its ``origins`` are its independent sources.
* :func:`dump_story` and :func:`dump_report` turn what is open into plain values for JSON; the loaders turn it back.

Nothing here knows the time, the store or the rules: times and settings are handed in.
"""

from __future__ import annotations

from watcher.stories.board import Board, Merge, Placed, Placement
from watcher.stories.copies import Shingles, shingles
from watcher.stories.news import OF_STORY, Claim, News
from watcher.stories.report import Glossary, Report, glossary_of, report_of
from watcher.stories.saved import dump_report, dump_story, load_report, load_story
from watcher.stories.story import Origin, Story, StoryKey, StorySettings

__all__ = [
    "OF_STORY",
    "Board",
    "Claim",
    "Glossary",
    "Merge",
    "News",
    "Origin",
    "Placed",
    "Placement",
    "Report",
    "Shingles",
    "Story",
    "StoryKey",
    "StorySettings",
    "dump_report",
    "dump_story",
    "glossary_of",
    "load_report",
    "load_story",
    "report_of",
    "shingles",
]
