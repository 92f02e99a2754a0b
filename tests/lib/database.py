# SPDX-License-Identifier: GPL-2.0-only
"""Making databases. Every database that a test makes comes from ingest(), which checks it."""

import pathlib
import sqlite3
import subprocess
import sys

import check
import suite


def stranger(db):
    """The check that lies outside of the project, where there is one."""
    if not suite.EXTRA:
        return []
    script = pathlib.Path(suite.EXTRA).parent / "lab" / "check_db.py"
    if not script.exists():
        return []
    done = subprocess.run([sys.executable, str(script), str(db)], capture_output=True, text=True)
    if done.returncode == 0:
        return []
    said = (done.stdout or done.stderr[-500:]).splitlines()
    return ["%s: %s" % (script.name, l) for l in said if not l.endswith("violations")]


def violations(db):
    return check.check(db) + stranger(db)


def ingest(recording, db, *options, statuses=(suite.FINE,), checked=True, **more):
    """Runs `gotrace ingest`, wants one of the statuses, and holds the database against the rules."""
    result = suite.gotrace("ingest", "-o", db, *options, recording, **more)
    if result.status not in statuses:
        raise suite.Failed(
            "ingest %s: status %d, wanted %s: %s"
            % (recording, result.status, "/".join(map(str, statuses)), result.err[-800:])
        )
    if checked and pathlib.Path(db).exists():
        bad = violations(db)
        if bad:
            raise suite.Failed("%s: %s" % (pathlib.Path(db).name, suite.few(bad, 6)))
    return result


def connect(db):
    connection = sqlite3.connect("file:%s?mode=ro" % db, uri=True)
    connection.text_factory = lambda b: b.decode("utf-8", "surrogateescape")
    return connection


def value(db, sql, *values):
    with connect(db) as connection:
        row = connection.execute(sql, values).fetchone()
    return row[0] if row else None


def rows(db, sql, *values):
    with connect(db) as connection:
        return connection.execute(sql, values).fetchall()
