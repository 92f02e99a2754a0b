# SPDX-License-Identifier: GPL-2.0-only
"""What is said of a recording that knows less, against the complete one that it was made from.

    wrong = lossy.false(db, whole)            what is proved there, or claimed, and not so
    wrong += lossy.ledgers(db, whole, lost)   where the losses are counted
    wrong += lossy.spans(db)                  what is proved across a hole

    lossy.check(case, whole, seed, rate)      all of them, of a recording made with that seed

Each yields sentences. A row that is certain ("proved") must be true; what has no certainty of its own but an
outcome must be true unless the outcome is unknown; and who knows less must not be surer.
"""

import bisect
import collections
import pathlib
import random
import shutil

import database
import suite
import thin

RATES = [0.002, 0.02, 0.1, 0.3]

# A proved row must be found, by these columns, in the complete database: where it began, and, unless the
# outcome is unknown, how it ended.
SAME = {
    "defer": (["pid", "goid", "kind", "site_function", "site_line", "fn", "registered_ts"], ["ran_ts", "outcome"]),
}
# These have no certainty: the outcome itself says whether something is known.
CLAIMS = [
    ("panic", ["pid", "goid", "ts", "value_type", "value_text", "outcome"], "outcome NOT IN ('unknown', 'recovered')"),
    # Where its first entry was lost, it rose when the prologue began again, as far as anybody knows.
    (
        "panic",
        ["pid", "goid", "value_type", "value_text", "outcome", "recovered_ts", "recovered_by", "recovered_in", "value_dropped"],
        "outcome = 'recovered'",
    ),
    ("fatal_error", ["pid", "goid", "kind", "message"], "certainty = 'proved'"),
    ("preempt_request", ["pid", "goid", "outcome", "granted_ts"], "outcome IN ('async', 'cooperative')"),
]
# A proved slice or window must lie inside one of the complete recording, of the same who and what.
INSIDE = [
    ("goroutine_slice", ["pid", "goid", "state"], "state <> 'unknown'"),
    ("thread_slice", ["tid", "state"], "state <> 'unknown'"),
    ("processor_slice", ["pid", "p", "tid"], "true"),
    ("preempt_window", ["kind", "cpu"], "kind IN ('kernel', 'irq') AND ts_end IS NOT NULL"),
    ("preempt_window", ["kind", "pid"], "kind = 'stw' AND ts_end IS NOT NULL"),
    ("preempt_window", ["kind", "pid", "goid"], "kind = 'go' AND ts_end IS NOT NULL"),
    ("goroutine_label", ["pid", "goid", "key", "value", "cut", "how"], "true"),
]
# Rows that are the same moment of the same thing in both: none may be surer in the lossy one.
MOMENTS = {
    "goroutine": ["pid", "goid", "created_ts"],
    "goroutine_slice": ["pid", "goid", "state", "ts", "ts_end"],
    "thread_slice": ["tid", "state", "ts", "ts_end"],
    "preempt_window": ["kind", "cpu", "ts", "ts_end"],
    "defer": ["pid", "goid", "kind", "registered_ts", "ran_ts", "outcome"],
}
SURENESS = {None: 0, "possible": 0, "likely": 1, "proved": 2}


def agrees(said, true):
    """What is not known, or known as an address only because a mapping was lost, contradicts nothing."""
    return all(a is None or a == b or (isinstance(a, str) and a.startswith("0x")) for a, b in zip(said, true))


def same(lossy, whole, table, wanted, where):
    names = ", ".join(wanted)
    true = database.rows(whole, "SELECT %s FROM %s" % (names, table))
    known = set(true)
    for row in database.rows(lossy, "SELECT %s FROM %s WHERE %s" % (names, table, where)):
        if row not in known and not any(agrees(row, other) for other in true):
            yield "%s: said for sure, and false: %s" % (table, dict(zip(wanted, row)))


def inside(lossy, whole, table, who, where):
    sql = "SELECT ts, ts_end, %s FROM %s WHERE %s" % (", ".join(who), table, where)
    true = collections.defaultdict(list)
    for ts, end, *key in database.rows(whole, sql):
        true[tuple(key)].append((ts, end))
    for ts, end, *key in database.rows(lossy, sql + " AND certainty = 'proved'"):
        if not any(a <= ts and (b is None or (end is not None and end <= b)) for a, b in true[tuple(key)]):
            yield "%s: proved and false: %s [%s, %s)" % (table, key, ts, end)


def goroutines(lossy, whole):
    sql = "SELECT pid, goid, parent_goid, start_function, created_ts, ended_ts, end_reason FROM goroutine"
    true = collections.defaultdict(list)
    for row in database.rows(whole, sql):
        true[row[:2]].append(row)
    for row in database.rows(lossy, sql + " WHERE certainty = 'proved'"):
        if not any(all(a is None or a == b for a, b in zip(row, have)) for have in true[row[:2]]):
            yield "goroutine: proved and false: %s" % (row,)


def surer(lossy, whole, table, key):
    sql = "SELECT certainty, %s FROM %s" % (", ".join(key), table)
    true = {}
    for certainty, *row in database.rows(whole, sql):
        true[tuple(row)] = max(SURENESS[certainty], true.get(tuple(row), 0))
    for certainty, *row in database.rows(lossy, sql):
        if SURENESS[certainty] > true.get(tuple(row), 2):
            yield "%s: %s with fewer events than before: %s" % (table, certainty, dict(zip(key, row)))


def _events(db):
    """(source, ts, cpu, tid) -> goid, where that is one event."""
    sql = "SELECT s.name, e.ts, e.cpu, e.tid, e.goid FROM event AS e JOIN source AS s ON s.id = e.source_id"
    found = {}
    for *key, goid in database.rows(db, sql):
        found[tuple(key)] = goid if tuple(key) not in found else "several"
    return found


def goids(lossy, whole):
    """Each event is of the same goroutine as in the complete recording, or of one that is not known."""
    true = _events(whole)
    for key, goid in _events(lossy).items():
        if goid is not None and "several" not in (goid, true.get(key, "several")) and goid != true[key]:
            yield "event %s is of goroutine %s, and truly of %s" % (key, goid, true[key])


def false(lossy, whole):
    for table, (begin, end) in SAME.items():
        yield from same(lossy, whole, table, begin, "certainty = 'proved'")
        yield from same(lossy, whole, table, begin + end, "certainty = 'proved' AND outcome <> 'unknown'")
    for table, columns, where in CLAIMS:
        yield from same(lossy, whole, table, columns, where)
    for table, who, where in INSIDE:
        yield from inside(lossy, whole, table, who, where)
    yield from goroutines(lossy, whole)
    yield from goids(lossy, whole)
    for table, key in MOMENTS.items():
        yield from surer(lossy, whole, table, key)


def ledgers(lossy, whole, lost):
    """Per source: what is there and what the ledger says was lost make the true number; and the stretches that
    nobody saw have all that was lost in them. Windows whose source is named count again what others count."""
    sql = "SELECT name, events, lost_events, carries_sideband FROM source"
    true = {name: events for name, events, *_ in database.rows(whole, sql)}
    for name, events, gone, sideband in database.rows(lossy, sql):
        said = events + (gone or 0)
        if not name.startswith("dummy") and (said < true[name] if sideband else said != true[name]):
            yield "%s: %d recorded and %s lost, of %d" % (name, events, gone, true[name])
    blind = database.value(lossy, "SELECT sum(lost_events) FROM blind_window WHERE cause = 'lost' AND source_id IS NULL")
    if (blind or 0) != lost:
        yield "blind windows have %s events, %d were lost" % (blind, lost)


class Holes:
    """When nobody saw what happened, by CPU and in all."""

    def __init__(self, db):
        self.of = collections.defaultdict(list)
        sql = "SELECT cpu, ts, ts_end FROM blind_window WHERE cause = 'lost' AND lost_events > 0 ORDER BY ts_end"
        for cpu, ts, ts_end in database.rows(db, sql):
            for key in {cpu, None}:
                self.of[key].append((ts_end if ts_end is not None else 1 << 62, ts or 0))

    def touches(self, cpu, ts, ts_end):
        """Whether a hole lies in the stretch, or reaches into it; `cpu` None: of any CPU."""
        holes = self.of.get(cpu, [])
        for end, begin in holes[bisect.bisect_right(holes, (ts, 1 << 62)) :]:
            if begin < ts_end:
                return (begin, end)
        return None


# What a deferred call can be run by, or be given up by. Others of the runtime's functions on that way (nextDefer …)
# are entered in between and tell nothing new.
RUNS_DEFERS = ["deferreturn", "gopanic", "recovery", "Goexit", "goexit1", "goexit0", "gdestroy", "fatalpanic", "preprintpanics"]
REGISTERS_DEFERS = ["deferproc", "deferprocStack", "deferprocat"]

# What a hole can hide: the end of a row, and hence what it says. CPU: whether the row's own alone counts.
HIDDEN = [
    ("goroutine_slice", "function LIKE 'runtime.%'", "state = 'running'", True),
    ("goroutine_slice", "function LIKE 'runtime.%'", "state IN ('waiting', 'runnable', 'preempted')", False),
    ("thread_slice", "name LIKE 'sched:sched_switch'", "state = 'running'", True),
    ("thread_slice", "name LIKE 'sched:sched_switch'", "state IN ('sleeping', 'blocked')", False),
    ("preempt_window", "name LIKE 'preemptirq:%'", "kind IN ('kernel', 'irq')", True),
]


def spans(db):
    """What is proved although events of a kind that could have ended it were lost meanwhile."""
    holes = Holes(db)
    for table, sources, where, own in HIDDEN:
        if not database.value(db, "SELECT sum(lost_events) FROM source WHERE " + sources):
            continue
        sql = "SELECT id, cpu, ts, ts_end FROM %s WHERE certainty = 'proved' AND ts < ts_end AND %s"
        for row, cpu, ts, ts_end in database.rows(db, sql % (table, where)):
            if own and cpu is None:
                continue
            if hole := holes.touches(cpu if own else None, ts, ts_end):
                yield "%s: %d is proved across the hole [%d, %d)" % (table, row, *hole)
    tellers = ", ".join("'runtime.%s'" % name for name in RUNS_DEFERS + REGISTERS_DEFERS)
    if database.value(db, "SELECT sum(lost_events) FROM source WHERE function IN (%s)" % tellers):
        for row, ts, ts_end in database.rows(
            db,
            "SELECT id, registered_ts, ran_ts FROM defer_call"
            " WHERE certainty = 'proved' AND registered_ts IS NOT NULL AND ran_ts IS NOT NULL",
        ):
            if hole := holes.touches(None, ts, ts_end):
                yield "defer: %d is proved across the hole [%d, %d)" % (row, *hole)


# ---- making them ---------------------------------------------------------------------------------


def _ingested(case, data, name, statuses=(suite.FINE,)):
    folder = suite.tmp() / "thinned"
    folder.mkdir(exist_ok=True)
    path = folder / (name + ".data")
    path.write_bytes(data)
    probes = case.path.with_name(case.path.name + ".probes")
    if probes.exists():
        shutil.copy(probes, str(path) + ".probes")
    db = path.with_suffix(".db")
    try:
        database.ingest(path, db, *case.options, statuses=statuses)
    finally:
        for used in (path, pathlib.Path(str(path) + ".probes")):
            used.unlink(missing_ok=True)
    return db


def check(case, whole, seed, rate):
    """The recording of a case (path, name, options), thinned, against its complete database."""
    data, lost = thin.thin(case.path.read_bytes(), random.Random(seed), rate)
    db = _ingested(case, data, "thinned")
    wrong = [*false(db, whole), *ledgers(db, whole, lost), *spans(db)]
    db.unlink()
    suite.need(not wrong, suite.few(wrong))


def check_otherwise(case, whole, seed, make):
    """The same with one of OTHERWISE."""
    db = _ingested(case, make(case.path.read_bytes(), random.Random(seed)), "otherwise", (suite.FINE, suite.DAMAGED))
    wrong = list(false(db, whole))
    db.unlink()
    suite.need(not wrong, suite.few(wrong))


def cut_and_thinned(data, random):
    return thin.cut_end(thin.thin(data, random, random.choice(RATES))[0], random)


def overwritten_and_thinned(data, random):
    return thin.thin(thin.cut_beginning(data, random), random, random.choice(RATES))[0]


def one_sampled(data, random):
    """One source thinned out, of those that have more than a few events; but none for which another one stands in that
    tells of the same thing some microseconds earlier or later: sched_waking of a thread that is runnable, casgstatus
    of a goroutine that ends."""
    names = [name for name in thin.sources(data) if not name.endswith((":sched_wakeup", ":goexit0"))]
    return thin.sampled(data, random, random.choice(names), random.choice([2, 3, 10]))


OTHERWISE = {
    "cut": thin.cut_end,
    "cut and thinned": cut_and_thinned,
    "overwritten": thin.cut_beginning,
    "overwritten and thinned": overwritten_and_thinned,
    "one source sampled": one_sampled,
}
