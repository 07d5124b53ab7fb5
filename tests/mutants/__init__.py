"""Mistakes that the suite must notice: each is made in a copy of the tree, and a test that is named must then fail.

``make mutants`` runs them; it fails when a mistake goes unnoticed, or when the text that it changes is no longer there,
so that a mutant is changed together with the code that it is about.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """A mistake.

    Attributes:
        name: what is done wrong.
        file: where.
        before: the text to replace; it stands in the file exactly once.
        after: what is put in its place.
        test: what must fail then, as pytest names it.
    """

    name: str
    file: str
    before: str
    after: str
    test: str


MUTANTS = (
    Mutant(
        "messages are marked as sent before they are sent",
        "watcher/store/store.py",
        "SET state = 'inflight', attempts = attempts + 1",
        "SET state = 'sent', attempts = attempts + 1",
        "tests/test_store.py::test_what_was_in_flight_is_sent_again_after_a_crash",
    ),
    Mutant(
        "what was in flight when the process ended is left in flight",
        "watcher/store/leftovers.py",
        "SET state = 'pending', maybe_sent = 1, not_before = ? WHERE state = 'inflight'",
        "SET maybe_sent = 1, not_before = ? WHERE state = 'inflight'",
        "tests/test_store.py::test_what_was_in_flight_is_sent_again_after_a_crash",
    ),
    Mutant(
        "validators are committed before the entries they stand for",
        "watcher/store/store.py",
        "        with self._tx() as conn:\n            return [self._record_poll(",
        "        with self._tx() as conn:\n            for each in decisions:\n"
        "                update_feed(conn, each, each.state.url, 0, now)\n"
        "        with self._tx() as conn:\n            return [self._record_poll(",
        "tests/test_store.py::test_entries_and_validators_are_written_together",
    ),
    Mutant(
        "a transaction that fails is committed as far as it came",
        "watcher/store/connection.py",
        'conn.execute("ROLLBACK")',
        'conn.execute("COMMIT")',
        "tests/test_store.py::test_entries_and_validators_are_written_together",
    ),
    Mutant(
        "validators of a truncated document are kept",
        "watcher/polling.py",
        "    if parsed.complete:\n        found = outcome.validators",
        "    if True:\n        found = outcome.validators",
        "tests/test_polling.py::test_a_truncated_document_leaves_the_validators_alone",
    ),
    Mutant(
        "Retry-After is not heeded",
        "watcher/polling.py",
        '    text = headers.get("retry-after", "")',
        '    text = headers.get("retry-after-not", "")',
        "tests/test_polling.py::test_retry_after_is_read_by_the_clock_of_the_server",
    ),
    Mutant(
        "redirects are followed by the HTTP library",
        "watcher/fetch/client.py",
        "allow_redirects=False",
        "allow_redirects=True",
        "tests/test_fetch.py::test_redirects_are_followed_and_reported",
    ),
    Mutant(
        "the address guard judges names only",
        "watcher/fetch/guard.py",
        "if not (allowed_address(ip, self.networks) or (self.trusted_name and allowed_for_name(ip))):",
        "if False:",
        "tests/test_fetch.py::test_a_name_that_leads_inside_is_refused",
    ),
    Mutant(
        "addresses are judged by the standard library alone",
        "watcher/address.py",
        '        "192.0.0.0/24",\n',
        "",
        "tests/test_address.py::test_an_address_that_leads_inside_is_refused",
    ),
    Mutant(
        "a body that was cut short passes for whole",
        "watcher/fetch/bodies.py",
        "if self._begun or (self._stream is not None and not self._stream.eof):",
        "if self._begun:",
        "tests/test_fetch.py::test_a_stream_cut_anywhere_never_passes_for_whole",
    ),
    Mutant(
        "feedparser is given bytes instead of a stream, and takes them for a file name",
        "watcher/feed/syndication.py",
        "            io.BytesIO(body),\n",
        "            body,\n",
        "tests/test_feed.py::test_a_document_is_never_taken_for_the_name_of_a_file",
    ),
    Mutant(
        "redirects of a target are followed, and taken for success",
        "watcher/notify/notifier.py",
        '"redirect": "no"}',
        '"redirect": "yes"}',
        "tests/test_notify.py::test_a_redirect_is_not_taken_for_success",
    ),
    Mutant(
        "two daemons share one state",
        "watcher/daemon.py",
        "fcntl.LOCK_EX | fcntl.LOCK_NB",
        "fcntl.LOCK_SH | fcntl.LOCK_NB",
        "tests/test_daemon.py::test_the_lock_names_its_holder",
    ),
    Mutant(
        "a database that is gone is made anew in silence",
        "watcher/store/presence.py",
        '    if marker_of(path).exists() or any(path.parent.glob("backups/watcher-*.db")):\n',
        "    if False:\n",
        "tests/test_damage.py::test_damage_ends_with_78_and_names_the_newest_backup",
    ),
    Mutant(
        "retention forgets what tells entries apart",
        "watcher/store/pruning.py",
        '        remember_entries(conn, [(row["feed_id"], row["uid"]) for row in entries])\n',
        "",
        "tests/test_pruning.py::test_an_entry_that_was_pruned_is_known_at_another_address",
    ),
    Mutant(
        "retention forgets what tells articles apart",
        "watcher/store/pruning.py",
        '    remember_articles(conn, [row["key"] for row in rows])\n',
        "",
        "tests/test_pruning.py::test_what_was_pruned_is_known_from_other_feeds_too",
    ),
    Mutant(
        "a copy of a damaged database pushes out sound ones",
        "watcher/store/backups.py",
        "    if wrong := flaw(part):\n",
        '    if wrong := "":\n',
        "tests/test_backups.py::test_a_copy_that_came_out_wrong_is_none",
    ),
    Mutant(
        "logs hold secrets",
        "watcher/redaction.py",
        '            text = text.replace(secret, "[secret]")\n',
        "            pass\n",
        "tests/test_logs.py::test_known_secrets_are_taken_out_everywhere",
    ),
    Mutant(
        "child processes get the whole environment",
        "watcher/environment.py",
        "            del os.environ[name]\n",
        "            pass\n",
        "tests/test_secrets.py::test_a_worker_has_a_clean_environment",
    ),
)
