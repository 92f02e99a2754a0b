# SPDX-License-Identifier: GPL-2.0-only
"""What the tracer of the Go runtime itself wrote: the states of goroutines, by `go tool trace`.

    tracer = gotracer.Trace("trace.out", release, folder)
    for goid, states in tracer.of.items():
        for s in states: s.state, s.ts, s.ts_end, s.tid, s.next_tid, s.reason, s.by, s.before

Times are those of CLOCK_MONOTONIC in ns, cut to 64: traceClockNow() is nanotime() / 64, in every release
from Go 1.22 on (src/runtime/tracetime.go, 1.22: trace2time.go), and nanotime() is that clock on Linux. Two events that must
follow each other and have one time are set apart by a nanosecond (src/internal/trace/reader.go). A thread
is named by its number in the kernel: the tracer's M is m.procid (src/runtime/traceevent.go).
"""

import collections
import re
import subprocess

import suite

EVENT = re.compile(r"M=(-?\d+) P=-?\d+ G=(-?\d+) \w+ Time=(\d+)")
TRANSITION = re.compile(r' GoID=(\d+) (\w+)->(\w+) Reason="([^"]*)"')


class State:
    __slots__ = ("state", "ts", "ts_end", "tid", "next_tid", "reason", "by", "before")

    def __init__(self, state, ts, tid, reason, by, before):
        self.state, self.ts, self.ts_end = state, ts, None
        self.tid, self.next_tid = tid, None  # the threads that wrote its begin and its end
        self.reason = reason
        self.by = by  # the goroutine that ran where this was written; -1: none
        self.before = before


class Trace:
    """`release` is one whose tool reads the file: a newer one reads the files of older ones."""

    def __init__(self, path, release, folder):
        argv = [release.go, "tool", "trace", "-d=parsed", str(path)]
        done = subprocess.Popen(
            argv, env=release.environment(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, errors="replace",
        )  # fmt: skip
        self.of = collections.defaultdict(list)
        self.ts = self.ts_end = None
        for line in done.stdout:
            m = EVENT.match(line)
            if not m:
                continue
            tid, by, ts = int(m[1]), int(m[2]), int(m[3])
            self.ts = ts if self.ts is None else self.ts
            self.ts_end = ts
            m = TRANSITION.match(line, m.end())
            if not m:
                continue
            states = self.of[int(m[1])]
            if states:
                states[-1].ts_end, states[-1].next_tid = ts, tid
            states.append(State(m[3], ts, tid, m[4], by, m[2]))
        why = done.stderr.read()
        if done.wait() or self.ts is None:
            raise suite.Failed("%s tool trace: %s" % (release.name, why[-300:]))
        for states in self.of.values():
            if states[-1].ts_end is None:
                states[-1].ts_end = self.ts_end
