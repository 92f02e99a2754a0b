# SPDX-License-Identifier: GPL-2.0-only
"""Makes a lossy recording of a complete one, as a full ring buffer would have.

    thinned = thin(recording.read_bytes(), random.Random(7), rate=0.05)

Each CPU has a ring of its own. From time to time it is full, and a run of records of that CPU is lost:
samples and side-band alike. Before the next record that fits, the kernel writes PERF_RECORD_LOST with
that record's id and time, and how many were lost; at the end perf writes PERF_RECORD_LOST_SAMPLES for
each event that lost any (Linux 6.1: kernel/events/ring_buffer.c, perf_output_begin(); tools/perf
record__read_lost_samples()). What is lost after the last record of a CPU is announced by the latter
alone.
"""

import struct
import tempfile

import database
import perfread

DATA_OFFSET, DATA_SIZE = 40, 48
TRAILER = (perfread.S_TID, perfread.S_TIME, perfread.S_ID, perfread.S_STREAM_ID, perfread.S_CPU, perfread.S_IDENTIFIER)


class Place:
    """Where and when a record was written, and by which event."""

    def __init__(self, ts, cpu, tid, event, source):
        self.ts, self.cpu, self.tid, self.event, self.source = ts, cpu, tid, event, source


def _trailer(recording, source, tid, ts, event, cpu):
    words = []
    for bit in TRAILER:
        if source.sample_type & bit:
            words.append({perfread.S_TID: tid, perfread.S_TIME: ts, perfread.S_CPU: cpu}.get(bit, event))
    return struct.pack("<%dQ" % len(words), *words)


def _place(recording, record):
    """None: the record was not written by the kernel into a ring."""
    if record.type == perfread.SAMPLE:
        s = recording.sample(record)
        if s is None or s.id is None:
            return None
        tid = (s.tid & 0xFFFFFFFF) << 32 | (s.pid & 0xFFFFFFFF)
        cpu = s.cpu if s.cpu is not None else recording.event_cpu.get(s.id, -1)
        return Place(s.ts, cpu, tid, s.id, s.source)
    if record.type >= perfread.USER or record.type in (perfread.LOST, perfread.LOST_SAMPLES):
        return None
    source = recording.sources[0]
    bits = [b for b in TRAILER if source.sample_type & b]
    if not source.sample_id_all or len(record.body) < 8 * len(bits):
        return None
    words = dict(zip(bits, struct.unpack_from("<%dQ" % len(bits), record.body, len(record.body) - 8 * len(bits))))
    ts, event = words.get(perfread.S_TIME, 0), words.get(perfread.S_IDENTIFIER, words.get(perfread.S_ID))
    if not ts or event not in recording.by_id:  # perf made it up itself, before the recording began
        return None
    cpu = words.get(perfread.S_CPU)
    cpu = cpu & 0xFFFFFFFF if cpu is not None else recording.event_cpu.get(event, -1)
    return Place(ts, cpu, words.get(perfread.S_TID, 0), event, recording.by_id[event])


def _record(kind, body):
    return struct.pack("<IHH", kind, 0, 8 + len(body)) + body


class _Ring:
    def __init__(self):
        self.full = 0  # so many records more are lost
        self.lost = 0  # and not announced yet


def thin(data, random, rate, run=20):
    """The bytes of a thinned recording: about `rate` of its records are lost, in runs of about `run`."""
    with tempfile.NamedTemporaryFile(suffix=".data") as f:
        f.write(data)
        f.flush()
        recording = perfread.Recording(f.name)
        records = list(recording.records())
    if recording.pipe or any(r.type == perfread.COMPRESSED for r in records):
        raise ValueError("only plain files can be thinned")
    begin, end = recording.data_at, recording.data_end
    out, rings, ledger, tail = [], {}, {}, []
    for record in records:
        raw = data[record.offset : record.offset + record.size]
        place = _place(recording, record)
        if place is None:
            out.append(raw)
            continue
        ring = rings.setdefault(place.cpu, _Ring())
        if not ring.full and random.random() < rate / run:
            ring.full = 1 + int(random.expovariate(1 / run))
        if ring.full:
            ring.full -= 1
            ring.lost += 1
            ledger[place.event] = ledger.get(place.event, 0) + 1
            continue
        if ring.lost:
            body = struct.pack("<QQ", place.event, ring.lost)
            out.append(
                _record(perfread.LOST, body + _trailer(recording, place.source, place.tid, place.ts, place.event, place.cpu))
            )
            ring.lost = 0
        out.append(raw)
    for event, lost in ledger.items():
        source = recording.by_id[event]
        tail.append(
            _record(perfread.LOST_SAMPLES, struct.pack("<Q", lost) + _trailer(recording, source, 0, 0, event, 0))
        )
    body = b"".join(out + tail)
    return _rebuilt(data, begin, end, body), sum(ledger.values())


def _rebuilt(data, begin, end, body):
    """The file with another data section: what lies behind it moves, and the feature table says so."""
    delta = len(body) - (end - begin)
    head = bytearray(data[:begin])
    struct.pack_into("<Q", head, DATA_SIZE, len(body))
    rest = bytearray(data[end:])
    features = int.from_bytes(head[72:104], "little")
    for n in range(bin(features).count("1")):
        offset, size = struct.unpack_from("<QQ", rest, 16 * n)
        if offset >= end:
            struct.pack_into("<QQ", rest, 16 * n, offset + delta, size)
    return bytes(head) + body + bytes(rest)


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
    return [
        "event %s is of goroutine %s, and truly of %s" % (key, goid, true[key])
        for key, goid in _events(lossy).items()
        if goid is not None and "several" not in (goid, true[key]) and goid != true[key]
    ]
