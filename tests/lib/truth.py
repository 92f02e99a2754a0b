# SPDX-License-Identifier: GPL-2.0-only
"""The log that samples/situations keeps of itself, and databases held against it.

    processes = truth.processes(lines)
    recording = truth.Recording([db], whole=True)
    truth.test(name, recording, processes, truth.probed_calls(probes, binary, processes))

What was recorded completely must be counted exactly, per goroutine; what lost events must be counted
inside [seen, seen + bound], the bound being the ledger of the sources that the count is made from.
What the kernel counted (uprobe_profile) must be what was recorded plus what the ledger says was lost.
"""

import collections
import json
import re

import database
import perfread
import suite


class Process:
    def __init__(self, pid):
        self.pid = pid
        self.sum = {}
        self.of = collections.defaultdict(dict)  # goid -> counter -> number


def processes(lines):
    """The processes of a log, each with its counters."""
    found = []
    for line in lines:
        words = line.split()
        if line.startswith("# pid"):
            found.append(Process(int(words[2])))
        elif words and words[0] == "count":
            found[-1].sum[words[1]] = int(words[2])
        elif words and words[0] == "gcount":
            found[-1].of[int(words[1])][words[2]] = int(words[3])
    return found


# What is counted, in which table, and the probes that it is made from.
COUNTED = {
    "panic.raised": ("panic", "1", ["gopanic"]),
    "panic.recovered": ("panic", "outcome = 'recovered'", ["gopanic", "recovery"]),
    "panic.fatal": ("panic", "outcome = 'fatal'", ["gopanic", "fatalpanic"]),
    "panic.goexit": ("panic", "outcome = 'goexit'", ["gopanic", "Goexit"]),
    "defer.heap": ("defer", "kind = 'heap'", ["deferproc"]),
    "defer.stack": ("defer", "kind = 'stack'", ["deferprocStack"]),
}


class Recording:
    """The databases of one recording: several when it is in pieces."""

    def __init__(self, dbs, whole, blind=False):
        """`blind`: things may be missing that are in no ledger."""
        self.dbs, self.whole, self.blind = dbs, whole, blind
        self.sources = collections.defaultdict(lambda: [0, 0, True, False])
        self.repeated = collections.Counter()  # hits that perf wrote once more
        for db in self.dbs:
            for name, count in database.rows(
                db, "SELECT s.name, count(*) FROM call_restart AS r JOIN source AS s ON s.id = r.source_id "
                "WHERE r.repeated GROUP BY s.name"
            ):  # fmt: skip
                self.repeated[name.partition(":")[2]] += count
            for name, events, lost, complete in database.rows(
                db, "SELECT name, events, lost_events, complete FROM source"
            ):
                entry = self.sources[name.partition(":")[2]]
                entry[0] += events
                entry[1] += lost or 0
                entry[2] = entry[2] and complete == 1
                entry[3] = entry[3] or lost is None

    def bound(self, names):
        """How many may be missing: a number, or None when nobody knows."""
        if self.blind:
            return None
        total = 0
        for name in names:
            if name not in self.sources:
                continue
            _, lost, complete, no_ledger = self.sources[name]
            if not complete or no_ledger:
                return None
            total += lost
        return total

    def recorded(self, names):
        return all(n in self.sources for n in names[:1])

    def count(self, table, condition):
        """(pid, goid) -> rows."""
        found = collections.Counter()
        for db in self.dbs:
            for pid, goid, n in database.rows(
                db, "SELECT pid, goid, count(*) FROM %s WHERE %s GROUP BY pid, goid" % (table, condition)
            ):
                found[pid, goid] += n
        return found


def compare(what, seen, true, bound):
    if bound == 0 and seen != true:
        return "%s: %d seen, the program counted %d" % (what, seen, true)
    if seen > true or (bound is not None and seen + bound < true):
        return "%s: %d seen, at most %s lost, the program counted %d" % (what, seen, bound, true)
    return None


def test_counter(recording, processes, counter):
    table, condition, probes = COUNTED[counter]
    if not recording.recorded(probes):
        raise suite.Skipped("%s was not recorded" % probes[0])
    bound = recording.bound(probes)
    if recording.whole and bound != 0:
        return "the recording is complete, but may have lost %s" % bound
    have, wrong = recording.count(table, condition), []
    for p in processes:
        for goid, counters in p.of.items():
            if goid == 1:  # runtime.main has defers of its own
                continue
            wrong.append(
                compare("goroutine %d of %d" % (goid, p.pid), have[p.pid, goid], counters.get(counter, 0), bound)
            )
        if counter.startswith("panic"):
            seen = sum(n for (pid, _), n in have.items() if pid == p.pid)
            # A goroutine that a fatal panic ended could not hand over its own counters.
            wrong.append(compare("process %d" % p.pid, seen, p.sum.get(counter, 0), bound))
    return suite.few([w for w in wrong if w])


def probed_calls(probes, binary, processes):
    """function -> name of the probe that sits at its entry, or of the only one inside, by the lines of uprobe_events."""
    counters = {c[5:] for p in processes for of in [p.sum, *p.of.values()] for c in of if c.startswith("call.")}
    names, inside = perfread.symbols(binary), collections.defaultdict(dict)
    for line in probes:
        m = re.match(r"p:\w+/(\S+) \S+:(0x[0-9a-f]+)", line)
        for f in counters & names.keys() if m else ():
            at = int(m[2], 16) - perfread.file_offset(str(binary), names[f][0])
            if 0 <= at < names[f][1]:
                inside[f][at] = m[1]
    return {f: of.get(0) or of.popitem()[1] for f, of in inside.items() if 0 in of or len(of) == 1}


def test_calls(recording, processes, function, probe):
    """Entries with restarts taken out, as explain counts them, are calls."""
    bound, reached = recording.bound([probe]), collections.Counter()
    total = 0
    for db in recording.dbs:
        copy = db.with_suffix(".explain.db")
        copy.write_bytes(db.read_bytes())
        r = suite.gotrace("explain", "-i", copy, "--save", "--json", function)
        if not r.out:
            return "explain: status %d: %s" % (r.status, r.err)
        said = json.loads(r.out)["breakpoints"][0]
        total += said["reached"]
        if bad := database.violations(copy):
            return suite.few(bad)
        for pid, goid, n in database.rows(
            copy, "SELECT pid, goid, count(*) FROM breakpoint_hit WHERE kind = 'reached' GROUP BY pid, goid"
        ):
            reached[pid, goid] += n
        copy.unlink()
    wrong, counter = [], "call." + function
    for p in processes:
        for goid, counters in p.of.items():
            wrong.append(
                compare("goroutine %d of %d" % (goid, p.pid), reached[p.pid, goid], counters.get(counter, 0), bound)
            )
    wrong.append(compare("in all", total, sum(p.sum.get(counter, 0) for p in processes), bound))
    return suite.few([w for w in wrong if w])


def test_goroutines(recording, processes):
    """The go statements of the program itself."""
    if "newproc1" not in recording.sources:
        raise suite.Skipped("newproc1 was not recorded")
    bound, wrong = recording.bound(["newproc1", "runqput"]), []  # the latter tells the number
    have = recording.count("goroutine", "goid <> 1 AND start_function LIKE 'main.%'")
    for p in processes:
        if "goroutine.created" not in p.sum:
            continue
        seen = sum(n for (pid, _), n in have.items() if pid == p.pid)
        wrong.append(compare("process %d" % p.pid, seen, p.sum["goroutine.created"], bound))
    return suite.few([w for w in wrong if w])


def test_profile(recording, counts):
    """What the kernel counted = what was recorded, each hit once, + what the ledger says."""
    wrong = []
    for name, count in counts.items():
        events, lost, complete, no_ledger = recording.sources.get(name, (0, 0, True, False))
        events -= recording.repeated.get(name, 0)
        if not complete or no_ledger or not recording.whole and lost == 0 and events < count:
            # Nobody knows what is missing here, but nothing may be there twice.
            if events > count:
                wrong.append("%s: %d events, the kernel counted %d" % (name, events, count))
        elif events + lost != count:
            wrong.append("%s: %d events and %d lost, the kernel counted %d" % (name, events, lost, count))
    return suite.few(wrong)


def test(name, recording, processes, calls, counts=None, goroutines=True):
    """All tests of a recording; `calls`: of probed_calls(); `counts`: of the kernel, by probe."""
    if counts:
        suite.run(name + " uprobe_profile", test_profile, recording, counts)
    for counter in COUNTED:
        if any(counter in p.sum for p in processes):
            suite.run("%s %s" % (name, counter), test_counter, recording, processes, counter)
    if goroutines:
        suite.run(name + " goroutines", test_goroutines, recording, processes)
    for function, probe in sorted(calls.items()):
        suite.run("%s calls of %s" % (name, function), test_calls, recording, processes, function, probe)
