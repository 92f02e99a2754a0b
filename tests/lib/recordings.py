# SPDX-License-Identifier: GPL-2.0-only
"""The recordings at hand: those in samples/, and those in the folder GOTRACE_EXTRA_RECORDINGS."""

import gzip
import lzma
import pathlib
import shutil
import subprocess
import tarfile

import suite

SAMPLES = suite.ROOT / "samples"
RECORDED_AT = "/tmp/gotrace-samples"  # the folder that the binaries were recorded in


class Case:
    """One file (or folder) that perf wrote, with what belongs to it."""

    def __init__(self, name, path):
        self.name = name
        self.path = pathlib.Path(path)
        self.container = "file"
        self.binary = None  # where the recorded program lies now
        self.recorded_binary = None  # the path it was recorded under
        self.options = []  # for ingest
        self.perf_options = []  # for perf script
        self.complete = True
        self.has_truth = False
        self.truth = None  # the program's own log
        self.evlist = None  # files that perf wrote, None where it wrote none
        self.stats = None
        self.script = None
        self.profile = None
        self.command = None  # how it was recorded
        self.note = ""
        self.extra = False

    def script_text(self):
        with lzma.open(self.script, "rt", encoding="utf-8", errors="surrogateescape") as f:
            return f.read()


_cases = {}
_binaries = {}


def _unxz(source, target):
    with lzma.open(source) as a, open(target, "wb") as b:
        shutil.copyfileobj(a, b, 1 << 20)


def binary(name):
    """The path of a sample's program, unpacked; None when it does not ship."""
    packed = SAMPLES / "bin" / (name + ".xz")
    if name not in _binaries:
        _binaries[name] = None
        if packed.exists():
            folder = suite.tmp() / "bin"
            folder.mkdir(parents=True, exist_ok=True)
            _unxz(packed, folder / name)
            (folder / name).chmod(0o755)
            _binaries[name] = folder / name
    return _binaries[name]


def index():
    """The lines of samples/index.tsv as dictionaries."""
    path = SAMPLES / "index.tsv"
    if not path.exists():
        return []
    lines = path.read_text().splitlines()
    head = lines[0].split("\t")
    return [dict(zip(head, line.split("\t"))) for line in lines[1:] if line.strip()]


def samples(*wanted):
    """All cases of samples/, or those with the names given; a recording in pieces is several cases."""
    for row in index():
        if wanted and row["name"] not in wanted:
            continue
        yield from _sample(row)


def _sample(row):
    name = row["name"]
    if name not in _cases:
        _cases[name] = list(_unpack(row))
    return _cases[name]


def _unpack(row):
    name = row["name"]
    source = SAMPLES / "recordings" / name
    folder = suite.tmp() / "recordings" / name
    folder.mkdir(parents=True, exist_ok=True)
    probes = source / "perf.data.probes"
    if probes.exists():
        shutil.copy(probes, folder / "perf.data.probes")
    for packed in sorted(source.glob("perf.data*.xz")):
        target = folder / packed.name[:-3]
        if packed.name.endswith(".tar.xz"):
            with tarfile.open(packed) as t:
                t.extractall(folder)
            target = folder / packed.name[: -len(".tar.xz")]
        else:
            _unxz(packed, target)
        piece = target.name[len("perf.data") :]  # ".1" of a recording in pieces
        case = Case(name + piece, target)
        case.container = row["container"]
        case.binary = binary(row["binary"])
        case.recorded_binary = "%s/%s" % (RECORDED_AT, row["binary"])
        if case.binary:
            case.options += ["--binary", str(case.binary)]
        # What lies on this machine where the others were recorded may be anything, or nothing.
        nowhere = folder / "nowhere"
        nowhere.mkdir(exist_ok=True)
        case.options += ["--symfs", str(nowhere)]
        if piece and probes.exists():
            case.options += ["--probes", str(probes)]
        case.complete = row["complete"] == "yes"
        case.has_truth = row["truth"] == "yes" and (source / "truth.log").exists()
        case.note = row["note"]
        for attribute, file in (
            ("truth", "truth.log"),
            ("profile", "uprobe_profile"),
            ("command", "perf.cmd"),
            ("evlist", "perf.evlist"),
            ("stats", "perf.stats" + piece),
            ("script", "perf.script%s.xz" % piece),
        ):
            if (source / file).exists():
                setattr(case, attribute, source / file)
        yield case


def extras():
    """The recordings of the folder preemptirq; none without GOTRACE_EXTRA_RECORDINGS."""
    if not suite.EXTRA:
        return
    if "extra" not in _cases:
        _cases["extra"] = list(_preemptirq(pathlib.Path(suite.EXTRA) / "preemptirq"))
    yield from _cases["extra"]


def _preemptirq(folder):
    if not folder.is_dir():
        return
    there = suite.tmp() / "preemptirq"
    (there / "symfs" / "opt").mkdir(parents=True, exist_ok=True)
    kallsyms = there / "kallsyms"
    kallsyms.write_bytes(gzip.decompress((folder / "kallsyms.gz").read_bytes()))
    shutil.copy(folder / "demo", there / "symfs" / "opt" / "demo")
    for data in sorted(folder.glob("*.data")):
        case = Case(data.stem, data)
        case.extra = True
        case.binary = folder / "demo"
        case.recorded_binary = "/opt/demo"
        case.options = ["--binary", str(case.binary), "--kallsyms", str(kallsyms)]
        case.options += ["--probes", str(folder / "uprobe_events")]
        case.perf_options = ["--kallsyms", str(kallsyms), "--symfs", str(there / "symfs")]
        case.complete = "lossy" not in data.stem
        case.command = folder / (data.stem + ".cmd")
        case.truth = folder / (data.stem + ".demo.log")
        case.has_truth = case.truth.exists()
        stats = folder / (data.stem + ".stats")
        case.stats = stats if stats.exists() else None
        evlist = folder / (data.stem + ".evlist")
        case.evlist = evlist if evlist.exists() else None
        yield case


def everything():
    yield from samples()
    yield from extras()


def missing_extras():
    return None if suite.EXTRA else "GOTRACE_EXTRA_RECORDINGS is not set"


def perf():
    """The perf of this machine, None when there is none that works."""
    path = suite.tool("perf")
    if not path:
        return None
    done = subprocess.run([path, "--version"], capture_output=True)
    return path if done.returncode == 0 else None
