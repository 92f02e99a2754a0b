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


def thin(data, random, rate, run=20, gone=None):
    """The bytes of a thinned recording: about `rate` of its records are lost, in runs of about `run`.

    `gone`: a list to which the Place of each lost record is added.
    """
    recording, records = _open(data)
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
            if gone is not None:
                gone.append(place)
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


# ---- other ways to know less ---------------------------------------------------------------------


def _open(data):
    with tempfile.NamedTemporaryFile(suffix=".data") as f:
        f.write(data)
        f.flush()
        recording = perfread.Recording(f.name)
        return recording, list(recording.records())


def _with_attrs(data, change):
    """The file with other attributes: `change` gets a bytearray of each, wherever the file holds a copy."""
    size, offset, length = struct.unpack_from("<QQQ", data, 16)
    for at in range(offset, offset + length, size):
        attr = bytearray(data[at : at + 64])
        before = bytes(attr)
        if change(attr):
            data = data.replace(before, bytes(attr))
    return data


def cut_end(data, random):
    """The file cut at a byte of its records, as when the disk is full: no ledger, no features."""
    at, size = struct.unpack_from("<QQ", data, DATA_OFFSET)
    return data[: at + random.randrange(size // 4, size)]


WRITE_BACKWARD = 1 << 27


def cut_beginning(data, random):
    """What is left when the rings are overwritten (perf record --overwrite): of each CPU's samples, the last
    part. Side-band records go into a ring that is not overwritten. Nothing tells how much is gone."""
    recording, records = _open(data)
    places = [_place(recording, r) if r.type == perfread.SAMPLE else None for r in records]
    seen = [p.ts for p in places if p]
    last = {p.cpu: p.ts for p in places if p}
    begin, out = {}, []
    for record, place in zip(records, places):
        if place and place.cpu not in begin:
            at = min(seen) + int((max(seen) - min(seen)) * random.random() * 0.7)
            begin[place.cpu] = min(at, last[place.cpu])  # the last of all is never overwritten
        if not place or place.ts >= begin[place.cpu]:
            out.append(data[record.offset : record.offset + record.size])
    rebuilt = _rebuilt(data, recording.data_at, recording.data_end, b"".join(out))

    def backward(attr):
        flags = struct.unpack_from("<Q", attr, 40)[0]
        struct.pack_into("<Q", attr, 40, flags | WRITE_BACKWARD)
        return True

    return _with_attrs(rebuilt, backward)


BEFORE_PERIOD = (
    perfread.S_IDENTIFIER, perfread.S_IP, perfread.S_TID, perfread.S_TIME, perfread.S_ADDR, perfread.S_ID,
    perfread.S_STREAM_ID, perfread.S_CPU,
)  # fmt: skip


def sources(data, least=10):
    """Names of the probes and tracepoints that have events."""
    recording, _ = _open(data)
    tracepoints = {s.name for s in recording.sources if s.type == 2}
    return sorted(name for name, count in recording.count().items() if count >= least and name in tracepoints)


def sampled(data, random, name, period):
    """One event of so many is left of a source, as with `perf record -c PERIOD`; no ledger counts the others."""
    recording, records = _open(data)
    source = next(s for s in recording.sources if s.name == name)
    at = 8 * sum(bool(source.sample_type & bit) for bit in BEFORE_PERIOD)
    passed, out = {}, []
    for record in records:
        raw = data[record.offset : record.offset + record.size]
        place = _place(recording, record) if record.type == perfread.SAMPLE else None
        if place and place.source is source:
            passed[place.event] = passed.setdefault(place.event, random.randrange(period)) + 1
            if passed[place.event] % period:
                continue
            if source.sample_type & perfread.S_PERIOD:
                raw = bytearray(raw)
                struct.pack_into("<Q", raw, 8 + at, period)
        out.append(bytes(raw))

    def rarer(attr):
        kind, _, config = struct.unpack_from("<IIQ", attr)
        if (kind, config) == (source.type, source.config):
            struct.pack_into("<Q", attr, 16, period)
            return True
        return False

    return _with_attrs(_rebuilt(data, recording.data_at, recording.data_end, b"".join(out)), rarer)
