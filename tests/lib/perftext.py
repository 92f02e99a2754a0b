# SPDX-License-Identifier: GPL-2.0-only
"""Reads what perf prints: `perf report --stats` and `perf script`."""

import re
import subprocess

FIELDS = "comm,pid,tid,cpu,time,period,event,ip,sym,dso,trace"


def stats(text):
    """name of the source -> samples, and the whole-file counts by record type, of `perf report --stats`."""
    sources, types, source = {}, {}, None
    for line in text.splitlines():
        if m := re.match(r"(\S.*) stats:$", line):
            source = m[1]
            if source == "Aggregated":
                source = None
        elif m := re.match(r"\s+([A-Z0-9_]+) events:\s+(\d+)", line):
            if source:
                if m[1] == "SAMPLE":
                    sources[source] = sources.get(source, 0) + int(m[2])
            else:
                types[m[1]] = int(m[2])
    return sources, types


class Event:
    """One event as perf prints it."""

    __slots__ = ("comm", "pid", "tid", "cpu", "ts", "period", "name", "trace", "frames")


# comm pid/tid [cpu] seconds.ns: period name: trace
_LINE = re.compile(
    r"^(.*?)\s+(-?\d+)/(-?\d+)\s+(?:\[(-?\d+)\]\s+)?(\d+)\.(\d{9}):\s+(?:(\d+)\s+)?(\S+):(?: (.*))?$"
)
_FRAME = re.compile(r"^\s+([0-9a-f]+) (.*) \((.*)\)$")


def events(lines):
    """The events of `perf script --ns -F FIELDS`, in its order."""
    event = None
    for line in lines:
        line = line.rstrip("\n")
        if not line.strip():
            continue
        if line[0] == "\t":
            if event and (m := _FRAME.match(line)):
                event.frames.append((int(m[1], 16), m[3]))
            continue
        m = _LINE.match(line)
        if not m:
            raise ValueError("perf script wrote: %r" % line[:200])
        if event:
            yield event
        event = Event()
        event.comm, event.pid, event.tid = m[1].strip(), int(m[2]), int(m[3])
        event.cpu = int(m[4]) if m[4] else None
        event.ts = int(m[5]) * 10**9 + int(m[6])
        event.period = int(m[7]) if m[7] else None
        event.name, event.trace, event.frames = m[8], (m[9] or "").rstrip(), []
        # A sample without a callchain has its one address at the end of the line.
        if m := re.search(r"(?:^|\s)([0-9a-f]+) (\S.*) \((\S+)\)$", event.trace):
            if "=" not in m[0]:
                event.trace = event.trace[: m.start()].rstrip()
    if event:
        yield event


def script(perf, path, *options, fields=FIELDS):
    """Runs perf script; a generator of events. perf's own complaints are its own."""
    argv = [perf, "script", "-i", str(path), "--ns", "--no-inline", "-F", fields, *options]
    p = subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True,
        encoding="utf-8", errors="surrogateescape",
    )
    try:
        yield from events(p.stdout)
    finally:
        p.stdout.close()
        p.kill()
        p.wait()


def value_in(trace, name):
    """What a trace text says of a field: an int, a string, or None when it does not say it simply."""
    m = re.search(r"(?:^|[\s(])%s=(.*?)(?=\s+(?:==> )?\w+=|$)" % re.escape(name), trace)
    if not m:
        return None
    text = m[1].strip().rstrip(")")
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    if re.fullmatch(r"0x[0-9a-f]+", text):
        return int(text, 16)
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1]
    return text
