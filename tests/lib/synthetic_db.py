# SPDX-License-Identifier: GPL-2.0-only
"""Databases made row by row, for questions about SQL: as ingest would leave them, without a recording."""

import hashlib
import json
import pathlib
import re
import sqlite3

import check
import suite

EVENT = "id INTEGER PRIMARY KEY, ts INTEGER, cpu INTEGER, pid INTEGER, tid INTEGER, goid INTEGER, " \
        "stack_id INTEGER, period INTEGER"
SIGNAL = EVENT + ", sig INTEGER, errno INTEGER, code INTEGER, comm TEXT, arg_pid INTEGER, " \
                 "\"group\" INTEGER, result INTEGER"
VERSION = re.search(r"#define DB_SCHEMA_VERSION (\d+)", (suite.ROOT / "sql/db.h").read_text())[1]


class Database:
    """A finished recording of one process, pid 10, of the program /app, from 1 s to 2 s."""

    def __init__(self, name, **recording):
        self.path = suite.tmp() / (name + ".db")
        self.path.unlink(missing_ok=True)
        self.db = sqlite3.connect(self.path)
        self.db.execute("PRAGMA synchronous = OFF")  # waiting for the disk tests nothing
        self.db.execute("PRAGMA application_id = 0x676f5472")
        self.db.execute("PRAGMA user_version = %s" % VERSION)
        self.db.executescript((suite.ROOT / "sql/schema.sql").read_text())
        self.sources, self.events = {}, 0
        self.insert("recording", **dict(dict(
            id=1, uuid="u", path="perf.data", arch="x86_64", nr_cpus=2, ts=10**9, ts_end=2 * 10**9, complete=1,
            has_ledger=1, truncated=0, overwrite=0, cmdline="perf record -a -e x -- /app -C 7"), **recording))
        self.insert("cpu", cpu=0, online=1)
        self.insert("cpu", cpu=1, online=1)
        self.insert("binary", id=1, path="/app", go_version="go1.22.3", read=1, has_dwarf=1, has_symtab=1,
                    has_pclntab=1, flags="path=example.com/app\nmod=example.com/app\n-compiler=gc\n")
        self.insert("process", id=1, pid=10, parent_pid=9, comm="perf-exec", ts_end=1100000000)
        self.insert("process", id=2, pid=10, parent_pid=9, comm="app", ts=1100000000, ts_end=1900000000)
        self.insert("mapping", id=1, pid=10, addr=0x400000, size=0x100000, file_offset=0, binary_id=1,
                    executable=1, ts=1100001000)
        # main.work: entry 0x1000, behind its prologue 0x1010; line 12 has no code.
        self.insert("function", id=1, binary_id=1, name="main.work", addr=0x1000, size=0x100)
        self.insert("function", id=2, binary_id=1, name="main.main", addr=0x2000, size=0x100)
        self.insert("function", id=3, binary_id=1, name="main.tiny", addr=None, size=None)
        self.insert("function", id=4, binary_id=1, name="example.com/app/api.(*Server).Close", addr=0x3000, size=16)
        self.insert("function", id=5, binary_id=1, name="main.Map[go.shape.int]", addr=0x4000, size=16)
        self.insert("source_file", id=1, path="/src/app/main.go")
        self.insert("source_file", id=2, path="/src/app/api/server.go")
        for n, (function, file, line, pc, entry, into) in enumerate([
                (1, 1, 10, 0x1010, 1, None), (1, 1, 11, 0x1020, 0, None), (1, 1, 13, 0x1030, 0, None),
                (2, 1, 20, 0x2010, 1, None), (3, 1, 30, 0x2020, 1, 2), (4, 2, 5, 0x3004, 1, None),
                (5, 1, 40, 0x4004, 1, None)]):
            self.insert("source_line", id=n + 1, binary_id=1, function_id=function, file_id=file, line=line, pc=pc,
                        is_stmt=1, is_entry=entry, is_line=1, inlined_into=into)
        # A tick of another process right at the beginning: perf was listening before the program began.
        self.source("cpu-clock", type="software", complete=0, freq=999, sampled_reason="a clock")
        self.event("cpu-clock", 10**9, pid=1, tid=1)

    def insert(self, table, **values):
        self.db.execute("INSERT INTO \"%s\" (%s) VALUES (%s)" % (
            table, ", ".join('"%s"' % k for k in values), ", ".join("?" * len(values))), list(values.values()))

    def source(self, name, columns=EVENT, lost=0, **values):
        table = re.sub(r"[^0-9A-Za-z_]+", "_", name.replace(":", "__"))
        number = len(self.sources) + 1
        self.db.execute("CREATE TABLE %s (%s) STRICT" % (table, columns))
        self.sources[name] = table
        self.insert("source", **dict(dict(
            id=number, name=name, table_name=table, type="tracepoint", complete=1, period=1, lost_events=lost,
            is_uprobe=0, is_return_probe=0, inherit=1, starts_disabled=1, enable_on_exec=0, system_wide=1), **values))
        if lost:
            self.lost(number, lost)
        return number

    def lost(self, source, count):
        self.insert("lost", source_id=source, kind="lost_samples", count=count)
        self.insert("data_quality", name="lost_samples", severity="data_loss", source_id=source, value=count,
                    sentence="%d events were lost" % count)

    def uprobe(self, name, pc, function, offset, **values):
        return self.source("probe_app:" + name, **dict(dict(
            type="uprobe", is_uprobe=1, binary_id=1, pc=pc, function=function, function_offset=offset), **values))

    def signals(self, **values):
        return self.source("signal:signal_generate", SIGNAL, **values)

    def event(self, name, ts, pid=10, tid=11, goid=None, **values):
        self.events += 1
        self.insert(self.sources[name], id=self.events, ts=ts, cpu=0, pid=pid, tid=tid, goid=goid, period=1, **values)
        return self.events

    def stack(self, *pcs):
        """Frames of /app from the inside out; a negative address is the kernel's. Returns the leaf."""
        parent = None
        for pc in reversed(pcs):
            frame = self.db.execute("INSERT INTO frame (binary_id, pc) VALUES (?, ?)", (None if pc < 0 else 1, pc)).lastrowid
            parent = self.db.execute("INSERT INTO stack (parent_id, frame_id) VALUES (?, ?)", (parent, frame)).lastrowid
        return parent

    def trap(self, ts, pc, tid=11, code=128, after=1):
        return self.event("signal:signal_generate", ts, tid=tid, sig=5, code=code, arg_pid=tid,
                          stack_id=self.stack(-4096, pc + after, 0x2050))

    def finish(self):
        views = (suite.ROOT / "sql/bare_views.sql").read_text()
        for view, table in re.findall(r"-- view (\w+) of (\w+)", views):
            if table in self.sources.values():
                self.db.execute("CREATE VIEW %s AS SELECT * FROM %s" % (view, table))
        self.db.execute("CREATE VIEW event AS " + " UNION ALL ".join(
            "SELECT id, ts, cpu, pid, tid, goid, %d AS source_id, stack_id FROM %s" % (n + 1, table)
            for n, table in enumerate(self.sources.values())))
        self.db.executescript(views + (suite.ROOT / "sql/views.sql").read_text()
                              + (suite.ROOT / "sql/indexes.sql").read_text())
        for n, table in enumerate(self.sources.values()):
            self.db.execute("UPDATE source SET events = (SELECT count(*) FROM %s) WHERE id = ?" % table, (n + 1,))
        self.db.commit()
        self.db.close()
        return pathlib.Path(self.path)


def explain(path, *specs, status=None):
    """The answer's breakpoints. Nothing may change in the file; saved, the file keeps all rules."""
    before = hashlib.sha256(path.read_bytes()).digest()
    r = suite.gotrace("explain", "-i", path, "--json", *specs)
    suite.need(hashlib.sha256(path.read_bytes()).digest() == before, "explain changed the database")
    suite.need(status is None or r.status == status, "status %d, wanted %s: %s" % (r.status, status, r.err))
    if r.status == suite.USAGE:
        return []
    answer = json.loads(r.out)
    suite.need(answer["schema_version"] == 1, "schema_version")
    for _ in 1, 2:
        saved = suite.gotrace("explain", "-i", path, "--save", *specs)
        suite.need(saved.status == r.status, "--save: status %d: %s" % (saved.status, saved.err))
    bad = check.check(path)
    suite.need(not bad, suite.few(bad))
    return answer["breakpoints"]


def want(b, verdict, reached=None, trapped=None, missed=None, proved=None, ruled_out=None):
    suite.need(b["verdict"] == verdict, "%s: %s, wanted %s: %s" % (b["spec"], b["verdict"], verdict, b["sentence"]))
    for key, value in ("reached", reached), ("trapped", trapped):
        suite.need(value is None or b[key] == value, "%s %s, wanted %s" % (key, b[key], value))
    if missed:
        got = b["missed_min"], b["missed_max"]
        suite.need(got == missed, "missed %s, wanted %s" % (got, missed))
    causes = {(c["cause"], c["strength"]) for c in b["causes"]}
    for strength, names in ("proved", proved), ("ruled_out", ruled_out):
        if names is not None:
            got = {c for c, s in causes if s == strength}
            suite.need(got == set(names.split()), "%s: %s, wanted %s" % (strength, sorted(got), names))
    for c in b["causes"]:
        suite.need(c["strength"] != "proved" or c["evidence"], "%s is proved by nothing" % c["cause"])
