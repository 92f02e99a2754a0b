# SPDX-License-Identifier: GPL-2.0-only
"""Recording something here and now: a Go program with probes, by perf, with the probes' removal."""

import os
import pathlib
import re
import shutil
import subprocess

import perfread
import suite

TRACING = pathlib.Path("/sys/kernel/tracing")
SITUATIONS = suite.ROOT / "samples" / "situations"
SCHED = (
    "sched:sched_switch,sched:sched_wakeup,sched:sched_waking,sched:sched_wakeup_new,"
    "sched:sched_migrate_task,sched:sched_process_fork,sched:sched_process_exec,sched:sched_process_exit"
)
SIGNAL = "signal:signal_generate,signal:signal_deliver"
CLOCK = "cpu-clock/freq=999,name=cpu-clock/"


def why_not():
    """Why nothing can be recorded here; None when it can."""
    if os.geteuid():
        return "not root"
    if not suite.tool("perf"):
        return "no perf"
    if not (TRACING / "uprobe_events").exists():
        return "no tracefs at %s, or no uprobes in this kernel" % TRACING
    done = subprocess.run(
        [suite.tool("perf"), "record", "-o", "/dev/null", "-e", "cpu-clock", "--", "true"], capture_output=True
    )
    return None if done.returncode == 0 else "perf cannot record: %s" % done.stderr.decode("utf-8", "replace")[-300:]


def go():
    """A Go that can build, or None: the distribution's first, so that measurements can be compared."""
    found = sorted(str(p) for p in pathlib.Path("/usr/lib").glob("go-*/bin/go"))
    found += [shutil.which("go"), "/usr/local/go/bin/go"]
    for path in filter(None, found):
        if os.access(path, os.X_OK):
            return path
    return None


def build(target):
    """Builds the program of samples/situations; its Go version, "1.19"."""
    source = target.parent / "source"
    shutil.copytree(SITUATIONS, source, dirs_exist_ok=True)
    return build_folder(target, source)


def build_source(target, files, *flags):
    """Builds a program from {name: text}; its Go version."""
    source = target.parent / "source"
    source.mkdir(exist_ok=True)
    for name, text in {"go.mod": "module example.com/example\n\ngo 1.17\n", **files}.items():
        (source / name).write_text(text)
    return build_folder(target, source, *flags)


def build_folder(target, source, *flags):
    env = dict(os.environ, GOTOOLCHAIN="local", GOFLAGS="-buildvcs=false", GOWORK="off")
    env.setdefault("HOME", str(target.parent))
    argv = [go(), "build", *flags, "-o", str(target), "."]
    done = subprocess.run(argv, cwd=source, env=env, capture_output=True, text=True)
    if done.returncode:
        raise suite.Skipped("the program cannot be built: %s" % done.stderr[-300:])
    said = subprocess.run([go(), "version", str(target)], env=env, capture_output=True, text=True).stdout
    return re.search(r"go(\d+\.\d+)", said)[1]


def goid_offset(version):
    """Where runtime.g holds its number: syscallbp came in 1.23 and moved it, gobuf.ret left in 1.25."""
    minor = int(version.split(".")[1])
    return 160 if minor in (23, 24) else 152


def definitions(group, binary, version, functions):
    """Lines for uprobe_events: the runtime's functions that are there, and `functions` of the program."""
    g = goid_offset(version)
    own, of_ax = "goid=+%d(%%r14):u64" % g, "goid=+%d(%%ax):u64" % g
    wanted = {
        "runtime.gopanic": own,
        "runtime.recovery": of_ax,
        "runtime.deferproc": own + " fn=+0(%ax):u64 ret=+0(%sp):u64",
        "runtime.deferprocStack": own + " ret=+0(%sp):u64",
        "runtime.deferreturn": own + " ret=+0(%sp):u64",
        "runtime.execute": of_ax,
        "runtime.gopark": own,
        "runtime.newproc1": "parent=+%d(%%bx):u64 fn=+0(%%ax):u64" % g,
        "runtime.goexit0": of_ax,
        "runtime.casgstatus": of_ax + " old=%bx:u32 new=%cx:u32",
    }
    wanted.update({f: own for f in functions})
    names, lines = perfread.symbols(binary), []
    for function, arguments in wanted.items():
        if function in names:
            at = perfread.file_offset(str(binary), names[function][0])
            lines.append("p:%s/%s %s:0x%x %s" % (group, function.rpartition(".")[2], binary, at, arguments))
    return lines


def tell(line):
    """A line for uprobe_events; opened to append and not to seek: the kernel refuses what Python's mode "a" does."""
    fd = os.open(TRACING / "uprobe_events", os.O_WRONLY | os.O_APPEND)
    try:
        os.write(fd, line.encode() + b"\n")
    finally:
        os.close(fd)


class Probes:
    """Probes that are gone when the block is left, however it is left."""

    def __init__(self, group, binary=None, version=None, functions=(), lines=None):
        self.group = group
        self.lines = definitions(group, binary, version, functions) if lines is None else lines

    def __enter__(self):
        try:
            for line in self.lines:
                tell(line)
        except OSError as e:
            self.__exit__()
            raise suite.Skipped("the kernel refuses a probe: %s" % e)
        return self

    def __exit__(self, *_):
        self.counts = self.profile()
        for line in (TRACING / "uprobe_events").read_text().splitlines():
            if m := re.match(r"[pr]\d*:(%s/\S+) " % re.escape(self.group), line):
                tell("-:" + m[1])

    def profile(self):
        """What the kernel counted, by name."""
        try:
            lines = (TRACING / "uprobe_profile").read_text().splitlines()
        except OSError:
            return {}
        mine = {re.split(r"[/ ]", l)[1] for l in self.lines}
        paths = {l.split()[1].rpartition(":")[0] for l in self.lines}
        return {w[1]: int(w[2]) for w in map(str.split, lines) if len(w) == 3 and w[0] in paths and w[1] in mine}

    def save(self, path):
        path.write_text("".join(line + "\n" for line in self.lines))


def record(data, events, command, *options, timeout=300, stdout=None):
    """Runs perf record; events is a list of -e arguments."""
    argv = [suite.tool("perf"), "record", "-k", "CLOCK_MONOTONIC", "-a", "--call-graph", "fp", "-o", str(data)]
    argv += [*options]
    for e in events:
        argv += ["-e", e]
    done = subprocess.run(
        [*argv, "--", *map(str, command)], stdin=subprocess.DEVNULL, stdout=stdout or subprocess.DEVNULL,
        stderr=subprocess.PIPE, timeout=timeout,
    )  # fmt: skip
    if not pathlib.Path(data).exists():
        raise suite.Failed("perf record: %s" % done.stderr.decode("utf-8", "replace")[-400:])
