# SPDX-License-Identifier: GPL-2.0-only
"""What every suite needs: where things are, how a result is said, how gotrace is run.

A suite prints one line per test, which tests/run counts:

    ok NAME
    not ok NAME: why
    skip NAME: reason
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOTRACE = os.environ.get("GOTRACE", str(ROOT / "build" / "gotrace"))
SANITIZED = bool(os.environ.get("SANITIZED"))
EXTRA = os.environ.get("GOTRACE_EXTRA_RECORDINGS", "")

# The statuses that gotrace ends with, as the contract names them.
FINE, MISSING, USAGE, DAMAGED, UNREADABLE, UNTRUSTED, BUG = 0, 1, 2, 3, 4, 5, 70

_made = []


def tmp():
    """A folder for this suite: the runner's, or one of our own that goes away at the end."""
    folder = os.environ.get("TEST_TMP")
    if folder:
        return pathlib.Path(folder)
    if not _made:
        _made.append(pathlib.Path(tempfile.mkdtemp(prefix="gotrace-test-")))
    return _made[0]


class Failed(Exception):
    """A test found something wrong; the text says what."""


class Skipped(Exception):
    """A test cannot run here; the text says why."""


failures = 0


def _one_line(text):
    return " | ".join(line.strip() for line in str(text).splitlines() if line.strip())


def ok(name):
    print("ok %s" % name, flush=True)


def fail(name, why):
    global failures
    failures += 1
    print("not ok %s: %s" % (name, _one_line(why)[:2000]), flush=True)


def skip(name, reason):
    print("skip %s: %s" % (name, _one_line(reason)), flush=True)


def run(name, test, *args):
    """Calls a test: it passes when it returns, and fails when it raises or returns a complaint."""
    try:
        complaint = test(*args)
    except Skipped as e:
        skip(name, e)
    except Failed as e:
        fail(name, e)
    except Exception as e:  # a bug in the test is a failure with a place, not a silent end
        where = traceback.extract_tb(e.__traceback__)[-1]
        fail(name, "%s: %s (%s:%d)" % (type(e).__name__, e, where.filename, where.lineno))
    else:
        if complaint:
            fail(name, complaint)
        else:
            ok(name)


def end():
    """The last call of a suite."""
    for folder in _made:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if failures else 0)


def need(condition, why):
    if not condition:
        raise Failed(why)


def few(problems, most=4):
    """Some of many complaints, and how many there were."""
    problems = list(problems)
    if len(problems) <= most:
        return "; ".join(problems)
    return "%s; and %d more" % ("; ".join(problems[:most]), len(problems) - most)


def tool(name):
    """The path of a program of the system, or None."""
    return shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin")


class Result:
    def __init__(self, status, out, err):
        self.status = status
        self.out = out
        self.err = err


def gotrace(*args, timeout=120, cwd=None, stdin=subprocess.DEVNULL, **more):
    """Runs gotrace; whatever it says is text. A signal, a hang or a sanitizer report raises."""
    argv = [GOTRACE, *map(str, args)]
    try:
        done = subprocess.run(argv, stdin=stdin, capture_output=True, timeout=timeout, cwd=cwd, **more)
    except subprocess.TimeoutExpired:
        raise Failed("took longer than %d s: %s" % (timeout, " ".join(argv)))
    except FileNotFoundError:
        raise Failed("there is no %s" % GOTRACE)
    result = Result(
        done.returncode,
        done.stdout.decode("utf-8", "replace"),
        done.stderr.decode("utf-8", "replace"),
    )
    if broke := crashed(result):
        raise Failed("%s: %s" % (broke, " ".join(argv)))
    return result


def crashed(result):
    """What no input may cause: a signal, a sanitizer's report, a status that is not in the contract."""
    if result.status < 0:
        return "died of signal %d" % -result.status
    for mark in ("AddressSanitizer", "LeakSanitizer", "runtime error:", "UndefinedBehavior"):
        if mark in result.err:
            at = result.err.index(mark)
            return "sanitizer: %s" % result.err[max(0, at - 100) : at + 600]
    if result.status not in (FINE, MISSING, USAGE, DAMAGED, UNREADABLE, UNTRUSTED):
        return "status %d: %s" % (result.status, result.err[-500:])
    return None
