# SPDX-License-Identifier: GPL-2.0-only
"""Programs that log their own truth, built with several releases of Go and recorded here and now.

    for release in lab.releases():
        binary = lab.build(release, SOURCE, folder / "program")
        run = lab.record(folder, "whole", binary, "argument")
        run.truth   the lines that it printed
        run.db      the database, held against the contract
    lossy = lab.record(folder, "lossy", binary, "argument", ring="8K")
"""

import os
import pathlib
import re
import shutil
import subprocess

import database
import live
import suite

ALL = os.environ.get("GOTRACE_FULL") == "1"
WANTED = (19, 22, 26, 27)  # the oldest that Debian 12 has, one of before 1.24, and the newest two
WHOLE = "4M"


class Release:
    """A Go that can build, without a network."""

    def __init__(self, go, toolchain, minor):
        self.go, self.toolchain, self.minor = go, toolchain, minor
        self.name = "go1.%d" % minor

    def environment(self, home):
        env = dict(os.environ, GOTOOLCHAIN=self.toolchain, GOFLAGS="", GOWORK="off", GOPROXY="off", GOENV="off")
        env.setdefault("HOME", str(home))
        if self.minor >= 18:
            env["GOFLAGS"] = "-buildvcs=false"
        return env


def _toolchains():
    """minor -> Release: those that are installed, then those that the module cache has, the newest point release of each."""
    found = {}
    path = shutil.which("go") or "/usr/local/go/bin/go"
    for go in sorted(map(str, pathlib.Path("/usr/lib").glob("go-*/bin/go"))) + [path]:
        if not os.access(go, os.X_OK):
            continue
        env = dict(os.environ, GOTOOLCHAIN="local")
        said = subprocess.run([go, "version"], env=env, capture_output=True, text=True).stdout
        if m := re.search(r"go1\.(\d+)", said):
            found.setdefault(int(m[1]), Release(go, "local", int(m[1])))
    if not os.access(path, os.X_OK):
        return found
    cache = subprocess.run([path, "env", "GOMODCACHE"], capture_output=True, text=True).stdout.strip()
    kept = {}
    for folder in pathlib.Path(cache).glob("golang.org/toolchain@v0.0.1-go1.*.linux-amd64"):
        if m := re.search(r"-(go1\.(\d+)(?:\.(\d+))?)\.linux", folder.name):
            kept.setdefault(int(m[2]), []).append((int(m[3] or 0), m[1]))
    for minor, points in kept.items():
        found.setdefault(minor, Release(path, max(points)[1], minor))
    return found


def releases(oldest=17):
    """The releases to test with: WANTED, or with GOTRACE_FULL=1 all that are here. Those that are not are skips."""
    if suite.SANITIZED and not ALL:
        # The recordings that are kept, and damaged ones of them, go through the sanitizers.
        suite.skip("recordings made here", "the plain build has them; with sanitizers GOTRACE_FULL=1 does")
        return []
    here = _toolchains()
    for minor in WANTED:
        if minor >= oldest and minor not in here:
            suite.skip("go1.%d" % minor, "this release of Go is not here")
    return [here[minor] for minor in sorted(here) if minor >= oldest and (ALL or minor in WANTED)]


def build(release, source, target, *flags):
    """Builds the program of a folder; the folder stays as it is."""
    copy = target.parent / ("source-of-" + target.name)
    shutil.copytree(source, copy, dirs_exist_ok=True)
    argv = [release.go, "build", *flags, "-o", str(target), "."]
    done = subprocess.run(argv, cwd=copy, env=release.environment(target.parent), capture_output=True, text=True)
    if done.returncode:
        raise suite.Failed("%s does not build %s: %s" % (release.name, source.name, done.stderr[-300:]))
    return target


class Run:
    def __init__(self, data, db, truth, probes, counts):
        self.data, self.db, self.truth, self.probes, self.counts = data, db, truth, probes, counts


def probes(binary, group, *options):
    """The lines for uprobe_events that gotrace would set."""
    said = suite.gotrace("probe", "--group", group, *options, str(binary))
    if said.status not in (suite.FINE, suite.MISSING):
        raise suite.Failed("probe: status %d: %s" % (said.status, said.err[-300:]))
    return [line for line in said.out.splitlines() if line.startswith("p:")]


def record(
    folder, name, command, *arguments, binary=None, level="full", ring=WHOLE, specs=(), own=(), statuses=(suite.FINE,)
):
    """Records a run of the program with the probes of gotrace, and ingests it. A small ring loses events.

    `binary`: where the probes go, when the command only starts it. `own`: more lines for uprobe_events,
    with %s where the group goes.
    """
    binary = binary or command
    group = "gotrace_lab_%d" % os.getpid()
    options = ["--level", level] + [word for spec in specs for word in ("-b", spec)]
    data, db, log = folder / (name + ".data"), folder / (name + ".db"), folder / (name + ".log")
    lines = probes(binary, group, *options) + [line % group for line in own]
    with live.Probes(group, lines=lines) as set_here:
        set_here.save(folder / (name + ".data.probes"))
        with open(log, "wb") as out:
            events = [group + ":*", live.SCHED, live.SIGNAL, live.CLOCK]
            live.record(data, events, [command, *arguments], "-m", ring, stdout=out)
    database.ingest(data, db, "--binary", str(binary), statuses=statuses)
    return Run(data, db, log.read_text().splitlines(), set_here.lines, set_here.counts)
