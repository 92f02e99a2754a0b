#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""check.py DB...: what must hold in every gotrace database, whatever it was made from.

Three parts: the names in tests/contract.txt; the file itself (one finished file, sound, STRICT, ids
in the order of time); and the rules in tests/invariants/*.sql, each a query that returns offenders.
Prints a line per violation and exits 1 when there is one.
"""

import pathlib
import re
import sqlite3
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]


class Contract:
    def __init__(self, path=TESTS / "contract.txt"):
        self.columns = {}
        self.event = []
        self.enums = {}
        for line in path.read_text().splitlines():
            words = line.split()
            if not words or line.startswith("#"):
                continue
            if words[0] == "has":
                self.columns[words[1].rstrip(":")] = words[2:]
            elif words[0] == "event":
                self.event = words[1:]
            elif words[0] == "enum":
                table, column = words[1].rstrip(":").split(".")
                self.enums[table, column] = set(words[2:])
            else:
                raise ValueError("contract.txt: %s" % line)


class Rule:
    def __init__(self, path):
        self.name = path.stem
        head = [line[2:].strip() for line in path.read_text().splitlines() if line.startswith("--")]
        self.needs = [l for l in head if l.startswith("needs:")][0][6:].split()
        self.sentence = " ".join(head[: [l.startswith("needs:") for l in head].index(True)])
        self.sql = path.read_text()


def rules():
    return [Rule(p) for p in sorted((TESTS / "invariants").glob("*.sql"))]


def table_for(name):
    """The table of a source, by the contract's rule: two underscores for the colon, one for the rest."""
    group, colon, event = name.partition(":")
    parts = (group, event) if colon else (name,)
    return "__".join(re.sub(r"[^0-9A-Za-z_]+", "_", p) for p in parts)


def quoted(name):
    return '"%s"' % name.replace('"', '""')


def check(path):
    """The violations of one database, as sentences."""
    path = pathlib.Path(path)
    bad = []
    for suffix in ("-wal", "-shm", "-journal"):
        if pathlib.Path(str(path) + suffix).exists():
            bad.append("%s%s lies beside the finished file" % (path.name, suffix))
    db = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
    db.text_factory = lambda b: b.decode("utf-8", "surrogateescape")
    try:
        bad += _file(db)
        have = _schema(db)
        bad += _names(db, have)
        bad += _sources(db, have)
        bad += _order(db, have)
        bad += _enums(db, have)
        bad += _evidence(db, have)
        for rule in rules():
            if all(t in have for t in rule.needs):
                bad += _offenders(db, rule)
    except sqlite3.Error as e:
        bad.append("cannot be read: %s" % e)
    finally:
        db.close()
    return bad


def _ask(db, sql, *values):
    return db.execute(sql, values).fetchall()


def _file(db):
    bad = []
    for pragma in ("application_id", "user_version"):
        if not _ask(db, "PRAGMA " + pragma)[0][0]:
            bad.append("%s is not set" % pragma)
    if (mode := _ask(db, "PRAGMA journal_mode")[0][0]) == "wal":
        bad.append("the journal mode is %s, so the file is not one file" % mode)
    if (said := _ask(db, "PRAGMA integrity_check")[0][0]) != "ok":
        bad.append("integrity_check: %s" % said)
    broken = _ask(db, "PRAGMA foreign_key_check")
    if broken:
        bad.append("foreign_key_check: %d rows, first %s" % (len(broken), broken[0]))
    for name, sql in _ask(
        db, "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    ):
        if not re.search(r"\bSTRICT\b[\s,\w]*$", sql or "", re.I):
            bad.append("table %s is not STRICT" % name)
    return bad


def _schema(db):
    names = _ask(db, "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')")
    return {n: [r[1] for r in _ask(db, "PRAGMA table_info(%s)" % quoted(n))] for (n,) in names}


def _lacking(have, wanted):
    return [c for c in wanted if c not in have]


def _names(db, have):
    bad = []
    for name, columns in Contract().columns.items():
        if name not in have:
            bad.append("%s is not there" % name)
        elif missing := _lacking(have[name], columns):
            bad.append("%s lacks %s" % (name, ", ".join(missing)))
    for (name,) in _ask(db, "SELECT name FROM sqlite_schema WHERE type = 'view'"):
        try:
            _ask(db, "SELECT * FROM %s LIMIT 1" % quoted(name))
        except sqlite3.Error as e:
            bad.append("view %s cannot be read: %s" % (name, e))
    return bad


def _sources(db, have):
    bad = []
    event = Contract().event
    seen = {}
    for name, table in _ask(db, "SELECT name, table_name FROM source ORDER BY id"):
        # Two sources may want one name; the later ones then carry a number, or share the table.
        want = table_for(name)
        if table not in have:
            bad.append("source %s: there is no table %s" % (name, table))
            continue
        if not re.fullmatch(re.escape(want) + r"(_?\d+)?", table):
            bad.append("source %s: its table is %s, the contract says %s" % (name, table, want))
        if missing := _lacking(have[table], event):
            bad.append("%s lacks %s" % (table, ", ".join(missing)))
            continue
        if table not in seen:
            seen[table] = True
            rows = _ask(db, "SELECT count(*) FROM %s" % quoted(table))[0][0]
            said = _ask(db, "SELECT sum(events) FROM source WHERE table_name = ?", table)[0][0]
            if rows != said:
                bad.append("table %s: %d rows, its sources say %s" % (table, rows, said))
            late = _ask(
                db,
                "SELECT count(*) FROM (SELECT ts, lag(ts) OVER (ORDER BY id) AS before FROM %s)"
                " WHERE before > ts" % quoted(table),
            )[0][0]
            if late:
                bad.append("table %s: %d rows are earlier than the row before" % (table, late))
    return bad


def _order(db, have):
    bad = []
    total, ids = _ask(db, "SELECT count(*), count(DISTINCT id) FROM event")[0]
    if total != ids:
        bad.append("event ids are not unique: %d events, %d ids" % (total, ids))
    late = _ask(
        db,
        "SELECT count(*) FROM (SELECT ts, lag(ts) OVER (ORDER BY id) AS before FROM event) WHERE before > ts",
    )[0][0]
    if late:
        bad.append("%d events are earlier than the event with the id before" % late)
    # The well-known views show what the view of all events shows.
    for name, table in _ask(db, "SELECT name, table_name FROM source"):
        bare = name.partition(":")[2]
        if name.split(":")[0] in ("sched", "signal", "preemptirq") and bare in have:
            a = _ask(db, "SELECT count(*) FROM %s" % quoted(bare))[0][0]
            b = _ask(db, "SELECT count(*) FROM %s" % quoted(table))[0][0]
            if a < b:
                bad.append("view %s has %d rows, its table %d" % (bare, a, b))
    return bad


def _enums(db, have):
    bad = []
    for (table, column), allowed in Contract().enums.items():
        if column not in have.get(table, ()):
            continue
        values = _ask(db, "SELECT DISTINCT %s FROM %s" % (quoted(column), quoted(table)))
        other = [v for (v,) in values if v is not None and str(v) not in allowed]
        if other:
            bad.append("%s.%s holds %s" % (table, column, other[:5]))
    return bad


def _evidence(db, have):
    bad = []
    for (table,) in _ask(db, "SELECT DISTINCT table_name FROM evidence"):
        if table not in have:
            bad.append("evidence names a table %s, which is not there" % table)
            continue
        key = "id" if "id" in have[table] else "rowid"
        n = _ask(
            db,
            "SELECT count(*) FROM evidence WHERE table_name = ? AND row_id NOT IN (SELECT %s FROM %s)"
            % (key, quoted(table)),
            table,
        )[0][0]
        if n:
            bad.append("evidence: %d rows name a row of %s that is not there" % (n, table))
    return bad


def _offenders(db, rule):
    try:
        rows = _ask(db, rule.sql)
    except sqlite3.Error as e:
        return ["%s: %s" % (rule.name, e)]
    if rows:
        return ["%s: %s (%d rows, first %s)" % (rule.name, rule.sentence, len(rows), rows[0][0])]
    return []


def main():
    if not sys.argv[1:]:
        sys.exit(__doc__)
    failed = False
    for path in sys.argv[1:]:
        bad = check(path)
        for line in bad:
            print("%s: %s" % (path, line))
        print("%s: %d violations" % (path, len(bad)))
        failed = failed or bool(bad)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
