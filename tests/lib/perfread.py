# SPDX-License-Identifier: GPL-2.0-only
"""A second reader of perf.data, simple and slow, that shares nothing with gotrace.

It exists to say what a recording holds when perf cannot (cut files, killed recordings, raw values
of fields), so it is written from the format's documentation (tools/perf/Documentation/
perf.data-file-format.txt, include/uapi/linux/perf_event.h), not from gotrace.

    r = Recording("perf.data")
    for record in r.records(): record.type, record.offset, record.size, record.body
    for sample in r.samples(): sample.ts, sample.cpu, sample.source.name, sample.fields(), ...
"""

import ctypes
import ctypes.util
import os
import pathlib
import re
import struct

U64 = (1 << 64) - 1

MMAP, LOST, COMM, EXIT, THROTTLE, UNTHROTTLE, FORK, READ, SAMPLE, MMAP2 = range(1, 11)
LOST_SAMPLES = 13
USER = 64
ATTR, EVENT_TYPE, TRACING_DATA, BUILD_ID, FINISHED_ROUND, ID_INDEX, AUXTRACE_INFO, AUXTRACE = range(64, 72)
EVENT_UPDATE, FEATURE, COMPRESSED, FINISHED_INIT = 78, 80, 81, 82

# PERF_SAMPLE_*
S_IP, S_TID, S_TIME, S_ADDR, S_READ, S_CALLCHAIN, S_ID, S_CPU, S_PERIOD, S_STREAM_ID, S_RAW = (
    1 << n for n in range(11)
)
S_STACK_USER = 1 << 13
S_IDENTIFIER = 1 << 16

# PERF_FORMAT_*
F_TOTAL_ENABLED, F_TOTAL_RUNNING, F_ID, F_GROUP, F_LOST = (1 << n for n in range(5))

CONTEXT_MAX = U64 - 4095 + 1  # above: a marker in a callchain, not an address
CONTEXT_USER = (1 << 64) - 512
CONTEXT_KERNEL = (1 << 64) - 128

FEATURE_TRACING_DATA, FEATURE_EVENT_DESC = 1, 12
ATTR_SAMPLE_ID_ALL = 1 << 18


class Damaged(Exception):
    """The file is not whole; `offset` is the byte where that shows."""

    def __init__(self, offset, why):
        super().__init__("%s at byte %d" % (why, offset))
        self.offset = offset


class Source:
    def __init__(self, attr, ids, name=None):
        (self.type, self.size, self.config, self.period, self.sample_type, self.read_format, self.flags) = (
            struct.unpack_from("<IIQQQQQ", attr)
        )
        self.ids = list(ids)
        self.name = name
        self.format = None

    @property
    def sample_id_all(self):
        return bool(self.flags & ATTR_SAMPLE_ID_ALL)


class Record:
    __slots__ = ("type", "misc", "offset", "size", "body", "segment")

    def __init__(self, type, misc, offset, size, body, segment):
        self.type, self.misc, self.offset, self.size = type, misc, offset, size
        self.body, self.segment = body, segment


class Sample:
    """What one SAMPLE record says, as far as these tests look."""

    def __init__(self, source, ts):
        self.source = source
        self.ts = ts
        self.ip = self.pid = self.tid = self.addr = self.id = self.cpu = self.period = None
        self.callchain = None
        self.raw = None

    def fields(self):
        return self.source.format.decode(self.raw) if self.source.format and self.raw is not None else {}


class _Zstd:
    """One stream of zstd by the system's library: Python has none of its own."""

    class Buffer(ctypes.Structure):
        _fields_ = [("at", ctypes.c_void_p), ("size", ctypes.c_size_t), ("pos", ctypes.c_size_t)]

    def __init__(self):
        name = ctypes.util.find_library("zstd") or "libzstd.so.1"
        self.lib = ctypes.CDLL(name)
        self.lib.ZSTD_createDStream.restype = ctypes.c_void_p
        self.lib.ZSTD_decompressStream.restype = ctypes.c_size_t
        self.lib.ZSTD_isError.argtypes = [ctypes.c_size_t]
        self.lib.ZSTD_decompressStream.argtypes = [ctypes.c_void_p] * 3
        self.lib.ZSTD_freeDStream.argtypes = [ctypes.c_void_p]
        self.stream = self.lib.ZSTD_createDStream()

    def __call__(self, data):
        source = ctypes.create_string_buffer(data, len(data))
        room = ctypes.create_string_buffer(1 << 20)
        given = self.Buffer(ctypes.addressof(source), len(data), 0)
        out = []
        while given.pos < given.size:
            taken = self.Buffer(ctypes.addressof(room), len(room), 0)
            code = self.lib.ZSTD_decompressStream(self.stream, ctypes.byref(taken), ctypes.byref(given))
            if self.lib.ZSTD_isError(code):
                raise Damaged(0, "zstd")
            out.append(room.raw[: taken.pos])
        return b"".join(out)

    def __del__(self):
        if getattr(self, "stream", None):
            self.lib.ZSTD_freeDStream(self.stream)


class Recording:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.sources = []
        self.by_id = {}
        self.formats = {}
        self.header_formats = b""
        self.event_cpu = {}
        self.damage = None
        main = self.path / "header" if not self.path.exists() else self.path
        if self.path.is_dir():
            # perf record --threads writes a folder: `data` is the file with the header.
            main = self.path / "data"
            if not main.exists():
                main = self.path / "header"
        self.data = main.read_bytes()
        self.segments = []
        if len(self.data) < 16 or self.data[:8] != b"PERFILE2":
            raise Damaged(0, "no perf.data")
        (header_size,) = struct.unpack_from("<Q", self.data, 8)
        self.pipe = header_size == 16
        self.no_end = False
        if self.pipe:
            self.segments.append((self.data, 16, len(self.data)))
        else:
            self._header(header_size)
        if self.path.is_dir():
            for piece in sorted(self.path.glob("data.*")):
                data = piece.read_bytes()
                self.segments.append((data, 0, len(data)))

    # ---- the header of a file --------------------------------------------------------------

    def _header(self, header_size):
        if len(self.data) < header_size or header_size < 104:
            raise Damaged(len(self.data), "the header is cut")
        attr_size, attrs_at, attrs_size, data_at, data_size = struct.unpack_from("<5Q", self.data, 16)
        features = int.from_bytes(self.data[72:104], "little")
        if attr_size < 64 or attr_size % 8 or attrs_at + attrs_size > len(self.data):
            raise Damaged(attrs_at, "the attributes are cut")
        for n in range(attrs_size // attr_size):
            at = attrs_at + n * attr_size
            attr = self.data[at : at + attr_size - 16]
            ids_at, ids_size = struct.unpack_from("<QQ", self.data, at + attr_size - 16)
            self._add(Source(attr, self._ids(self.data, ids_at, ids_size // 8)))
        self.no_end = data_size == 0
        end = data_at + data_size if data_size else len(self.data)
        if not self.no_end:
            self._features(end, features)
        self.segments.append((self.data, data_at, min(end, len(self.data))))
        self.data_end = end
        self.data_at = data_at
        if end > len(self.data):
            self.damage = Damaged(len(self.data), "the data section is cut")

    @staticmethod
    def _ids(data, at, count):
        if at + 8 * count > len(data):
            raise Damaged(at, "ids are cut")
        return struct.unpack_from("<%dQ" % count, data, at)

    def _add(self, source):
        self.sources.append(source)
        for i in source.ids:
            self.by_id[i] = source

    def _features(self, at, features):
        for bit in range(256):
            if not features >> bit & 1:
                continue
            if at + 16 > len(self.data):
                self.damage = Damaged(at, "the feature table is cut")
                return
            offset, size = struct.unpack_from("<QQ", self.data, at)
            at += 16
            self._feature(bit, self.data[offset : offset + size])

    def _feature(self, bit, body):
        try:
            if bit == FEATURE_TRACING_DATA:
                self._tracing(body)
            elif bit == FEATURE_EVENT_DESC:
                self._event_desc(body)
        except (struct.error, IndexError, ValueError):
            self.damage = self.damage or Damaged(0, "feature %d" % bit)

    def _event_desc(self, body):
        count, attr_size = struct.unpack_from("<II", body)
        at = 8
        for n in range(count):
            at += attr_size
            ids, length = struct.unpack_from("<II", body, at)
            name = body[at + 8 : at + 8 + length].split(b"\0")[0].decode("utf-8", "replace")
            at += 8 + length + 8 * ids
            if n < len(self.sources):
                self.sources[n].name = name

    # ---- tracepoint formats -----------------------------------------------------------------

    def _tracing(self, body):
        at = body.index(b"\0", 10) + 1  # magic, "tracing", version
        at += 1 + 1 + 4  # byte order, size of long, page size

        def sized(at, kind):
            size = struct.unpack_from(kind, body, at)[0]
            at += struct.calcsize(kind)
            return body[at : at + size], at + size

        for _ in ("header_page", "header_event"):
            at = body.index(b"\0", at) + 1
            _, at = sized(at, "<Q")
        (count,) = struct.unpack_from("<I", body, at)
        at += 4
        for _ in range(count):
            _, at = sized(at, "<Q")
        (systems,) = struct.unpack_from("<I", body, at)
        at += 4
        for _ in range(systems):
            end = body.index(b"\0", at)
            system = body[at:end].decode()
            (count,) = struct.unpack_from("<I", body, end + 1)
            at = end + 5
            for _ in range(count):
                text, at = sized(at, "<Q")
                f = Format(system, text.decode("utf-8", "replace"))
                self.formats[f.id] = f
        self._join()

    def _join(self):
        for s in self.sources:
            if s.type == 2 and s.config in self.formats:
                s.format = self.formats[s.config]
                s.name = s.name or "%s:%s" % (s.format.system, s.format.name)

    # ---- records ------------------------------------------------------------------------------

    def records(self):
        """All whole records, in the order of the file; stops at the first that is not whole."""
        for segment, (data, begin, end) in enumerate(self.segments):
            inflate, rest = None, b""
            at = begin
            while at < end:
                if at + 8 > end:
                    self.damage = self.damage or Damaged(at, "a record header is cut")
                    break
                kind, misc, size = struct.unpack_from("<IHH", data, at)
                if size < 8:
                    self.damage = self.damage or Damaged(at, "a record has no size")
                    break
                if at + size > end:
                    self.damage = self.damage or Damaged(at, "a record is cut")
                    break
                body = data[at + 8 : at + size]
                if kind == COMPRESSED:
                    inflate = inflate or _Zstd()
                    try:
                        rest += inflate(body)
                    except Damaged:
                        self.damage = self.damage or Damaged(at, "compressed data")
                        break
                    yield Record(kind, misc, at, size, body, segment)
                    inner = 0
                    while inner + 8 <= len(rest):
                        k, m, s = struct.unpack_from("<IHH", rest, inner)
                        if s < 8 or inner + s > len(rest):
                            break
                        yield Record(k, m, at, s, rest[inner + 8 : inner + s], segment)
                        inner += s
                    rest = rest[inner:]
                    at += size
                    continue
                extra = 0
                if kind == TRACING_DATA and len(body) >= 4:
                    extra = (struct.unpack_from("<I", body)[0] + 7) & ~7
                elif kind == AUXTRACE and len(body) >= 8:
                    extra = struct.unpack_from("<Q", body)[0]
                if at + size + extra > end:
                    self.damage = self.damage or Damaged(at, "what follows a record is cut")
                    break
                record = Record(kind, misc, at, size, body, segment)
                self._metadata(record, data[at + size : at + size + extra])
                yield record
                at += size + extra

    def _metadata(self, record, after):
        body = record.body
        try:
            if record.type == ATTR and self.pipe:
                size = struct.unpack_from("<I", body, 4)[0]
                self._add(Source(body[:size], self._ids(body, size, (len(body) - size) // 8)))
                self._join()
            elif record.type == TRACING_DATA:
                self._tracing(after)
            elif record.type == FEATURE:
                self._feature(struct.unpack_from("<Q", body)[0], body[8:])
            elif record.type == EVENT_UPDATE:
                what, of = struct.unpack_from("<QQ", body)
                if what == 2 and of in self.by_id:  # the name
                    self.by_id[of].name = body[16:].split(b"\0")[0].decode("utf-8", "replace")
            elif record.type == ID_INDEX:
                (count,) = struct.unpack_from("<Q", body)
                for n in range(count):
                    i, _, cpu, _ = struct.unpack_from("<QQQQ", body, 8 + 32 * n)
                    self.event_cpu[i] = cpu if cpu != U64 else -1
        except (struct.error, IndexError, ValueError, Damaged):
            self.damage = self.damage or Damaged(record.offset, "record %d" % record.type)

    # ---- samples --------------------------------------------------------------------------------

    def source_of(self, body):
        """perf's rule: with several layouts an id stands first; with one, where the layout has it."""
        if len(self.sources) == 1:
            return self.sources[0]
        st = self.sources[0].sample_type
        if st & S_IDENTIFIER:
            at = 0
        else:
            at = 8 * bin(st & (S_IP | S_TID | S_TIME | S_ADDR)).count("1")
        if at + 8 > len(body):
            return None
        return self.by_id.get(struct.unpack_from("<Q", body, at)[0])

    def sample(self, record):
        source = self.source_of(record.body)
        if source is None:
            return None
        words = record.body
        st = source.sample_type
        s = Sample(source, None)
        at = 0

        def u64():
            nonlocal at
            at += 8
            return struct.unpack_from("<Q", words, at - 8)[0]

        try:
            if st & S_IDENTIFIER:
                s.id = u64()
            if st & S_IP:
                s.ip = u64()
            if st & S_TID:
                s.pid, s.tid = struct.unpack("<ii", struct.pack("<Q", u64()))
            if st & S_TIME:
                s.ts = u64()
            if st & S_ADDR:
                s.addr = u64()
            if st & S_ID:
                s.id = u64()
            if st & S_STREAM_ID:
                u64()
            if st & S_CPU:
                s.cpu = u64() & 0xFFFFFFFF
            s.period = u64() if st & S_PERIOD else source.period
            if st & S_READ:
                at = self._skip_read(words, at, source.read_format)
            if st & S_CALLCHAIN:
                n = u64()
                if at + 8 * n > len(words):
                    return None
                s.callchain = struct.unpack_from("<%dQ" % n, words, at)
                at += 8 * n
            if st & S_RAW:
                (size,) = struct.unpack_from("<I", words, at)
                if at + 4 + size > len(words):
                    return None
                s.raw = words[at + 4 : at + 4 + size]
        except struct.error:
            return None
        return s

    @staticmethod
    def _skip_read(words, at, read_format):
        times = bin(read_format & (F_TOTAL_ENABLED | F_TOTAL_RUNNING)).count("1")
        each = 1 + bool(read_format & F_ID) + bool(read_format & F_LOST)
        if read_format & F_GROUP:
            (count,) = struct.unpack_from("<Q", words, at)
            return at + 8 * (1 + times + each * count)
        return at + 8 * (times + each)

    def samples(self):
        """Samples in the order of the file, not of time."""
        for record in self.records():
            if record.type == SAMPLE and (s := self.sample(record)):
                yield s

    def count(self):
        """Samples per source name, of the whole records alone."""
        counts = {}
        for s in self.samples():
            counts[s.source.name] = counts.get(s.source.name, 0) + 1
        return counts

    # ---- side-band ----------------------------------------------------------------------------------

    def trailer_time(self, record):
        """The time of a record that is no sample, from the sample id that follows its own content."""
        source = next((s for s in self.sources if s.sample_id_all), None)
        if record.type >= USER or source is None:
            return None
        st = source.sample_type
        behind = [b for b in (S_TIME, S_ID, S_STREAM_ID, S_CPU, S_IDENTIFIER) if st & b]
        if S_TIME not in behind:
            return None
        at = len(record.body) - 8 * len(behind)
        return struct.unpack_from("<Q", record.body, at)[0] if at >= 0 else None


class Field:
    __slots__ = ("name", "kind", "offset", "size", "signed", "length", "unit")

    def decode(self, raw):
        if self.kind in ("loc", "rel"):
            (word,) = struct.unpack_from("<I", raw, self.offset)
            at, size = word & 0xFFFF, word >> 16
            if self.kind == "rel":
                at += self.offset + self.size
            value = raw[at : at + size]
            return value.split(b"\0")[0] if self.unit == 1 else value
        value = raw[self.offset : self.offset + self.size]
        if self.kind == "string":
            return value.split(b"\0")[0]
        if self.kind == "array":
            return value
        return int.from_bytes(value, "little", signed=self.signed)


class Format:
    """The text of one event's `format` file in tracefs."""

    def __init__(self, system, text):
        self.system = system
        self.name = re.search(r"^name: (.*)$", text, re.M)[1]
        self.id = int(re.search(r"^ID: (\d+)$", text, re.M)[1])
        self.fields = []
        for declaration, offset, size, signed in re.findall(
            r"field:([^;]*);\s*offset:(\d+);\s*size:(\d+);\s*signed:(\d+);", text
        ):
            f = Field()
            f.offset, f.size, f.signed = int(offset), int(size), signed == "1"
            f.kind, f.unit = "number", 0
            m = re.match(r"(.*?)(\w+)((?:\[[^\]]*\])?)$", declaration.strip())
            kind, f.name, array = m[1].strip(), m[2], m[3]
            if "__data_loc" in kind or "__rel_loc" in kind:
                f.kind = "rel" if "__rel_loc" in kind else "loc"
                f.unit = 1 if re.search(r"\bchar\b", kind) else 8
            elif array:
                f.kind = "string" if re.search(r"\bchar\b", kind) else "array"
            if not f.name.startswith("common_"):
                self.fields.append(f)

    def decode(self, raw):
        try:
            return {f.name: f.decode(raw) for f in self.fields}
        except struct.error:
            return {}


class Maps:
    """Which file was mapped where, in which process and when: fed with side-band in time order."""

    def __init__(self):
        self.of = {}

    def record(self, r):
        b = r.body
        if r.type in (MMAP, MMAP2):
            pid, _, start, length, pgoff = struct.unpack_from("<iiQQQ", b)
            name = b[32 if r.type == MMAP else 64 :].split(b"\0")[0].decode("utf-8", "surrogateescape")
            if pid >= 0 and not r.misc & (1 << 13):  # not a data mapping
                self.map(pid, start, length, pgoff, name)
        elif r.type == FORK:
            pid, parent = struct.unpack_from("<ii", b)
            if pid != parent:
                self.of[pid] = list(self.of.get(parent, ()))
        elif r.type == COMM and r.misc & (1 << 13):  # exec
            (pid,) = struct.unpack_from("<i", b)
            self.of[pid] = []

    def map(self, pid, start, length, pgoff, name):
        kept = []
        for s, l, o, n in self.of.get(pid, ()):
            if s + l <= start or s >= start + length:
                kept.append((s, l, o, n))
                continue
            if s < start:
                kept.append((s, start - s, o, n))
            if s + l > start + length:
                cut = start + length - s
                kept.append((s + cut, l - cut, o + cut, n))
        kept.append((start, length, pgoff, name))
        self.of[pid] = kept

    def find(self, pid, address):
        for s, l, o, n in self.of.get(pid, ()):
            if s <= address < s + l:
                return n, address - s + o
        return None, None


_segments = {}


def vaddr(path, offset):
    """The ELF virtual address of a byte of a file, None when the file says nothing of it."""
    if path not in _segments:
        _segments[path] = _load(path)
    for at, size, address in _segments[path]:
        if at <= offset < at + size:
            return address + offset - at
    return None


def _load(path):
    try:
        with open(path, "rb") as f:
            head = f.read(64)
            if head[:4] != b"\x7fELF" or head[4] != 2:
                return []
            at, size, count = struct.unpack_from("<Q", head, 32)[0], *struct.unpack_from("<HH", head, 54)
            f.seek(at)
            table = f.read(size * count)
    except OSError:
        return []
    found = []
    for n in range(count):
        kind, _, offset, address, _, in_file, _, _ = struct.unpack_from("<IIQQQQQQ", table, n * size)
        if kind == 1:
            found.append((offset, in_file, address))
    return found


def symbols(path):
    """name -> (address, size) of the functions in .symtab."""
    data = pathlib.Path(path).read_bytes()
    at = struct.unpack_from("<Q", data, 40)[0]
    size, count = struct.unpack_from("<HH", data, 58)
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, at + n * size) for n in range(count)]
    found = {}
    for s in sections:
        if s[1] != 2:
            continue
        strings = sections[s[6]][4]
        for n in range(s[5] // 24):
            name, info, _, _, value, length = struct.unpack_from("<IBBHQQ", data, s[4] + 24 * n)
            if info & 15 == 2:
                end = data.index(b"\0", strings + name)
                found[data[strings + name : end].decode("utf-8", "replace")] = (value, length)
    return found


def file_offset(path, address):
    if path not in _segments:
        _segments[path] = _load(path)
    for at, size, start in _segments[path]:
        if start <= address < start + size:
            return at + address - start
    return None
