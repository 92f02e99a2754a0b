# SPDX-License-Identifier: GPL-2.0-only
"""Writes perf.data files from nothing, so that a test knows every value in them.

    w = Writer()
    f = format_text("app", "hit", 900, [("int", "n", 4, True)])
    s = w.tracepoint(f, sample_type=IDENTIFIER | TIME | TID | CPU | RAW)
    w.sample(s, ts=1000, pid=7, tid=7, cpu=0, raw=raw_of(f, n=5))
    w.round()
    w.write("x.data")

Layout after tools/perf/Documentation/perf.data-file-format.txt and include/uapi/linux/perf_event.h.
"""

import pathlib
import struct

(
    IP, TID, TIME, ADDR, READ, CALLCHAIN, ID, CPU, PERIOD, STREAM_ID, RAW, BRANCH_STACK, REGS_USER,
    STACK_USER, WEIGHT, DATA_SRC, IDENTIFIER, TRANSACTION, REGS_INTR, PHYS_ADDR, AUX, CGROUP,
    DATA_PAGE_SIZE, CODE_PAGE_SIZE, WEIGHT_STRUCT,
) = (1 << n for n in range(25))
ALL_BITS = [1 << n for n in range(25)]

R_MMAP, R_LOST, R_COMM, R_EXIT, R_THROTTLE, R_UNTHROTTLE, R_FORK, R_READ, R_SAMPLE, R_MMAP2 = range(1, 11)
(
    R_AUX, R_ITRACE_START, R_LOST_SAMPLES, R_SWITCH, R_SWITCH_CPU_WIDE, R_NAMESPACES, R_KSYMBOL,
    R_BPF_EVENT, R_CGROUP, R_TEXT_POKE, R_AUX_OUTPUT_HW_ID,
) = range(11, 22)
(
    R_ATTR, R_EVENT_TYPE, R_TRACING_DATA, R_BUILD_ID, R_ROUND, R_ID_INDEX, R_AUXTRACE_INFO, R_AUXTRACE,
    R_AUXTRACE_ERROR, R_THREAD_MAP, R_CPU_MAP, R_STAT_CONFIG, R_STAT, R_STAT_ROUND, R_EVENT_UPDATE,
    R_TIME_CONV, R_FEATURE, R_COMPRESSED, R_FINISHED_INIT,
) = range(64, 83)

MISC_USER, MISC_KERNEL = 2, 1
MISC_EXEC = 1 << 13

FLAG_DISABLED, FLAG_INHERIT, FLAG_FREQ, FLAG_SAMPLE_ID_ALL = 1, 2, 1 << 10, 1 << 18
CONTEXT_KERNEL, CONTEXT_USER = (1 << 64) - 128, (1 << 64) - 512

BRANCH_HW_INDEX = 1 << 17
FORMAT_ENABLED, FORMAT_RUNNING, FORMAT_ID, FORMAT_GROUP, FORMAT_LOST = 1, 2, 4, 8, 16
ATTR_SIZE = 128
REGS = 0x3F  # the registers that are sampled: as many words as this has bits

HEADER_PAGE = (
    "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
    "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
    "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
    "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n"
)
HEADER_EVENT = (
    "# compressed entry header\n\ttype_len    :    5 bits\n\ttime_delta  :   27 bits\n"
    "\tarray       :   32 bits\n\n\tpadding     : type == 29\n\ttime_extend : type == 30\n"
    "\ttime_stamp : type == 31\n\tdata max type_len  == 28\n"
)


class FieldSpec:
    def __init__(self, kind, name, size, signed, count=None):
        self.kind, self.name, self.size, self.signed, self.count = kind, name, size, signed, count
        self.offset = 0


class EventFormat:
    """A tracepoint. Fields are (C type, name, size, signed); a type may be "char[16]" or "__data_loc char[]"."""

    def __init__(self, system, name, number, fields):
        self.system, self.name, self.id = system, name, number
        self.fields = [FieldSpec(*f) for f in fields]
        at = 8
        for f in self.fields:
            align = min(f.size, 8) if f.size in (1, 2, 4, 8) and "[" not in f.kind else 4
            if f.kind.startswith(("__data_loc", "__rel_loc")):
                align = 4
            at = -(-at // align) * align
            f.offset = at
            at += f.size
        self.size = at

    def text(self):
        lines = ["name: %s" % self.name, "ID: %d" % self.id, "format:"]
        for kind, name, at, size, signed in (
            ("unsigned short", "common_type", 0, 2, 0),
            ("unsigned char", "common_flags", 2, 1, 0),
            ("unsigned char", "common_preempt_count", 3, 1, 0),
            ("int", "common_pid", 4, 4, 1),
        ):
            lines.append("\tfield:%s %s;\toffset:%d;\tsize:%d;\tsigned:%d;" % (kind, name, at, size, signed))
        lines.append("")
        for f in self.fields:
            if f.kind.startswith(("__data_loc", "__rel_loc")):
                declaration = "%s %s" % (f.kind, f.name)
            elif "[" in f.kind:
                base, _, count = f.kind.partition("[")
                declaration = "%s %s[%s" % (base, f.name, count)
            else:
                declaration = "%s %s" % (f.kind, f.name)
            lines.append(
                "\tfield:%s;\toffset:%d;\tsize:%d;\tsigned:%d;" % (declaration, f.offset, f.size, f.signed)
            )
        lines += ["", 'print fmt: "%s"' % self.name, ""]
        return "\n".join(lines)

    def raw(self, common_pid=0, **values):
        """The raw data of one event: numbers, bytes for arrays, bytes for what is located elsewhere."""
        out = bytearray(self.size)
        struct.pack_into("<HBBi", out, 0, self.id & 0xFFFF, 0, 0, common_pid)
        for f in self.fields:
            v = values.get(f.name, 0)
            if f.kind.startswith(("__data_loc", "__rel_loc")):
                v = v or b""
                at = len(out) - (f.offset + 4 if f.kind.startswith("__rel_loc") else 0)
                struct.pack_into("<I", out, f.offset, len(v) << 16 | at)
                out += v
            elif isinstance(v, bytes):
                out[f.offset : f.offset + f.size] = v.ljust(f.size, b"\0")[: f.size]
            else:
                out[f.offset : f.offset + f.size] = (v % (1 << 8 * f.size)).to_bytes(f.size, "little")
        return bytes(out)


class Source:
    def __init__(self, name, kind, config, sample_type, ids, period, read_format, flags, branch, attr_size):
        self.name, self.type, self.config, self.sample_type = name, kind, config, sample_type
        self.ids, self.period, self.read_format, self.flags = ids, period, read_format, flags
        self.branch, self.attr_size = branch, attr_size

    def attr(self):
        st = self.sample_type
        return struct.pack(
            "<IIQQQQQIIQQQQIiQIHHIIQ",
            self.type, self.attr_size, self.config, self.period, st, self.read_format, self.flags, 0, 0, 0, 0,
            self.branch, REGS if st & REGS_USER else 0, 16 if st & STACK_USER else 0, 1,
            REGS if st & REGS_INTR else 0, 0, 0, 0, 8 if st & AUX else 0, 0, 0,
        )[: self.attr_size]


def padded(data, to=8):
    return data + bytes(-len(data) % to)


class Writer:
    def __init__(self, pipe=False):
        self.pipe = pipe
        self.sources = []
        self.formats = []
        self.body = []
        self.next_id = 1
        self.with_names = True
        self.with_formats = True

    # ---- what is recorded --------------------------------------------------------------------

    def source(self, name, kind=1, config=0, sample_type=IDENTIFIER | IP | TID | TIME | CPU | PERIOD,
               ids=1, period=1, read_format=FORMAT_ID | FORMAT_LOST, flags=FLAG_SAMPLE_ID_ALL | FLAG_INHERIT,
               branch=0, attr_size=ATTR_SIZE):  # fmt: skip
        numbers = list(range(self.next_id, self.next_id + ids))
        self.next_id += ids
        s = Source(name, kind, config, sample_type, numbers, period, read_format, flags, branch, attr_size)
        self.sources.append(s)
        return s

    def tracepoint(self, form, **more):
        if form not in self.formats:
            self.formats.append(form)
        more.setdefault("sample_type", IDENTIFIER | IP | TID | TIME | CPU | PERIOD | RAW)
        return self.source("%s:%s" % (form.system, form.name), 2, form.id, **more)

    # ---- records --------------------------------------------------------------------------------

    def record(self, kind, body=b"", misc=0, size=None):
        """Any record; the length of its body must be a multiple of 8 unless `size` lies about it."""
        data = struct.pack("<IHH", kind, misc, 8 + len(body) if size is None else size) + body
        self.body.append(data)
        return data

    def raw_bytes(self, data):
        self.body.append(data)

    def sample(self, source, misc=MISC_USER, id=None, **v):
        """One SAMPLE; whatever the layout wants and the caller does not give has a value of its own."""
        return self.record(R_SAMPLE, self.sample_body(source, id=id, **v), misc)

    def sample_body(self, source, id=None, ts=0, pid=1, tid=1, cpu=0, period=None, ip=0x401000, addr=0x1111,
                    stream=0x2222, callchain=(), raw=b"", branches=3, weight=0x3333, cgroup=0x4444,
                    callchain_nr=None, raw_size=None):  # fmt: skip
        st = source.sample_type
        i = source.ids[0] if id is None else id
        out = []

        def u64(*values):
            out.append(struct.pack("<%dQ" % len(values), *(x % (1 << 64) for x in values)))

        if st & IDENTIFIER:
            u64(i)
        if st & IP:
            u64(ip)
        if st & TID:
            out.append(struct.pack("<ii", pid, tid))
        if st & TIME:
            u64(ts)
        if st & ADDR:
            u64(addr)
        if st & ID:
            u64(i)
        if st & STREAM_ID:
            u64(stream)
        if st & CPU:
            out.append(struct.pack("<II", cpu % (1 << 32), 0xDEAD))
        if st & PERIOD:
            u64(source.period if period is None else period)
        if st & READ:
            out.append(self._read(source, i))
        if st & CALLCHAIN:
            u64(len(callchain) if callchain_nr is None else callchain_nr, *callchain)
        if st & RAW:
            raw = raw + bytes(-(4 + len(raw)) % 8)
            out.append(struct.pack("<I", len(raw) if raw_size is None else raw_size) + raw)
        if st & BRANCH_STACK:
            u64(branches)
            if source.branch & BRANCH_HW_INDEX:
                u64(7)
            for n in range(branches):
                u64(0x500000 + n, 0x600000 + n, n)
        if st & REGS_USER:
            u64(2, *range(100, 100 + bin(REGS).count("1")))
        if st & STACK_USER:
            u64(16)
            out.append(b"user's own stack")
            u64(16)
        if st & (WEIGHT | WEIGHT_STRUCT):
            u64(weight)
        if st & DATA_SRC:
            u64(0x5555)
        if st & TRANSACTION:
            u64(0x6666)
        if st & REGS_INTR:
            u64(2, *range(200, 200 + bin(REGS).count("1")))
        if st & PHYS_ADDR:
            u64(0x7777)
        if st & CGROUP:
            u64(cgroup)
        if st & DATA_PAGE_SIZE:
            u64(4096)
        if st & CODE_PAGE_SIZE:
            u64(8192)
        if st & AUX:
            u64(8)
            out.append(b"aux data")
        return b"".join(out)

    @staticmethod
    def _read(source, i):
        f = source.read_format
        times = [0x1000] * bool(f & FORMAT_ENABLED) + [0x2000] * bool(f & FORMAT_RUNNING)
        one = [i] * bool(f & FORMAT_ID) + [0] * bool(f & FORMAT_LOST)
        if f & FORMAT_GROUP:
            words = [2, *times, 55, *one, 66, *one]
        else:
            words = [55, *times, *one]
        return struct.pack("<%dQ" % len(words), *words)

    def trailer(self, source, ts=0, pid=1, tid=1, cpu=0, id=None, stream=0x2222):
        """The sample id that sample_id_all puts behind every other record of the kernel."""
        if not source.flags & FLAG_SAMPLE_ID_ALL:
            return b""
        st, out = source.sample_type, b""
        i = source.ids[0] if id is None else id
        if st & TID:
            out += struct.pack("<ii", pid, tid)
        if st & TIME:
            out += struct.pack("<Q", ts)
        if st & ID:
            out += struct.pack("<Q", i)
        if st & STREAM_ID:
            out += struct.pack("<Q", stream)
        if st & CPU:
            out += struct.pack("<II", cpu, 0)
        if st & IDENTIFIER:
            out += struct.pack("<Q", i)
        return out

    def side(self, kind, body, source, misc=0, **who):
        self.record(kind, padded(body) + self.trailer(source, **who), misc)

    def comm(self, source, name, pid, tid=None, exec=False, **who):
        tid = pid if tid is None else tid
        body = struct.pack("<ii", pid, tid) + padded(name.encode() + b"\0")
        self.side(R_COMM, body, source, MISC_EXEC if exec else 0, pid=pid, tid=tid, **who)

    def fork(self, source, pid, parent, tid=None, ptid=None, ts=0, exit=False, **who):
        body = struct.pack("<iiiiQ", pid, parent, tid or pid, ptid or parent, ts)
        self.side(R_EXIT if exit else R_FORK, body, source, pid=parent, tid=ptid or parent, ts=ts, **who)

    def mmap(self, source, pid, addr, size, offset, path, two=False, inode=0, misc=MISC_USER, **who):
        body = struct.pack("<iiQQQ", pid, pid, addr, size, offset)
        if two:
            body += struct.pack("<IIQQII", 8, 1, inode, 0, 5, 2)  # device, inode, generation, r-x, private
        body += padded(str(path).encode() + b"\0")
        self.side(R_MMAP2 if two else R_MMAP, body, source, misc, pid=pid, tid=pid, **who)

    def lost(self, source, count, **who):
        self.side(R_LOST, struct.pack("<QQ", who.get("id") or source.ids[0], count), source, **who)

    def lost_samples(self, source, count, id=None):
        self.side(R_LOST_SAMPLES, struct.pack("<Q", count), source, id=id)

    def throttle(self, source, ts, off=False, **who):
        body = struct.pack("<QQQ", ts, source.ids[0], 0x2222)
        self.side(R_UNTHROTTLE if off else R_THROTTLE, body, source, ts=ts, **who)

    def round(self):
        self.record(R_ROUND)

    # ---- the file ---------------------------------------------------------------------------------

    def tracing_data(self):
        def sized(text, kind):
            data = text.encode()
            return struct.pack(kind, len(data)) + data

        out = [b"\x17\x08\x44tracing0.6\0", struct.pack("<BBI", 0, 8, 4096)]
        out += [b"header_page\0", sized(HEADER_PAGE, "<Q"), b"header_event\0", sized(HEADER_EVENT, "<Q")]
        out.append(struct.pack("<I", 0))  # no ftrace events
        systems = {}
        for f in self.formats:
            systems.setdefault(f.system, []).append(f)
        out.append(struct.pack("<I", len(systems)))
        for name, formats in systems.items():
            out.append(name.encode() + b"\0" + struct.pack("<I", len(formats)))
            out += [sized(f.text(), "<Q") for f in formats]
        out += [struct.pack("<I", 0), struct.pack("<I", 0), struct.pack("<Q", 0)]
        return b"".join(out)

    @staticmethod
    def _string(text):
        data = text.encode() + b"\0"
        data += bytes(-len(data) % 64)
        return struct.pack("<I", len(data)) + data

    def event_desc(self):
        size = max(s.attr_size for s in self.sources)
        out = [struct.pack("<II", len(self.sources), size)]
        for s in self.sources:
            out.append(s.attr().ljust(size, b"\0") + struct.pack("<I", len(s.ids)) + self._string(s.name))
            out.append(struct.pack("<%dQ" % len(s.ids), *s.ids))
        return b"".join(out)

    def features(self):
        found = {
            3: self._string("testhost"),
            4: self._string("6.1.0-test"),
            5: self._string("6.1.0"),
            6: self._string("x86_64"),
            7: struct.pack("<II", 4, 4),
        }
        if self.with_formats and self.formats:
            found[1] = self.tracing_data()
        if self.with_names and self.sources:
            found[12] = self.event_desc()
        return dict(sorted(found.items()))

    def bytes(self):
        return self._pipe() if self.pipe else self._file()

    def _file(self):
        size = max([s.attr_size for s in self.sources] or [ATTR_SIZE])
        ids_at = 104
        ids, attrs = b"", b""
        for s in self.sources:
            attrs += s.attr().ljust(size, b"\0") + struct.pack("<QQ", ids_at + len(ids), 8 * len(s.ids))
            ids += struct.pack("<%dQ" % len(s.ids), *s.ids)
        attrs_at = ids_at + len(ids)
        data_at = attrs_at + len(attrs)
        data = b"".join(self.body)
        features = self.features()
        table_at = data_at + len(data)
        at = table_at + 16 * len(features)
        table, content, bits = b"", b"", 0
        for bit, body in features.items():
            table += struct.pack("<QQ", at + len(content), len(body))
            content += body
            bits |= 1 << bit
        header = b"PERFILE2" + struct.pack(
            "<9Q", 104, size + 16, attrs_at, len(attrs), data_at, len(data), 0, 0, 0
        )[: 8 * 8]
        header += bits.to_bytes(32, "little")
        self.data_at = data_at
        return header + ids + attrs + data + table + content

    def _pipe(self):
        out = [b"PERFILE2" + struct.pack("<Q", 16)]

        def record(kind, body):
            out.append(struct.pack("<IHH", kind, 0, 8 + len(body)) + body)

        for s in self.sources:
            record(R_ATTR, s.attr() + struct.pack("<%dQ" % len(s.ids), *s.ids))
        features = self.features()
        tracing = features.pop(1, None)
        for bit, body in features.items():
            record(R_FEATURE, struct.pack("<Q", bit) + padded(body))
        if tracing:
            tracing = padded(tracing)
            record(R_TRACING_DATA, struct.pack("<I", len(tracing)))
            out.append(tracing)
        return b"".join(out) + b"".join(self.body)

    def write(self, path):
        pathlib.Path(path).write_bytes(self.bytes())
        return pathlib.Path(path)
