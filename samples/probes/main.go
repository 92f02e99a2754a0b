// Command probes prints the lines for uprobe_events that the recordings of this
// folder were made with: one probe for each function of the Go runtime that
// tells what goroutines, defers and panics do, as far as the binary has it.
//
// It reads everything from the binary, also the offsets into the runtime's
// structs, which differ between Go releases. A stripped binary has a twin that was
// built with the same Go and not stripped: -twin takes the offsets from there.
package main

import (
	"debug/dwarf"
	"debug/elf"
	"debug/gosym"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

type probe struct{ event, symbol, args string }

// The argument names are those that gotrace knows: goid fn ret old new reason
// parent code. @goid@ and the like stand for offsets that the binary tells.
//
// In user code, r14 is the goroutine; on the system stack it is g0, whose goid
// is 0, and the goroutine is an argument.
const (
	self     = "goid=+@goid@(%r14):u64"
	argument = "goid=+@goid@(%ax):u64"
	ret      = " ret=+0(%sp):u64"
)

var core = []probe{
	{"execute", "runtime.execute", argument},
	{"gopark", "runtime.gopark", self + " reason=%cx:u8" + ret},
	{"ready", "runtime.ready", argument},
	{"runqput", "runtime.runqput", "goid=+@goid@(%bx):u64"},
	{"newproc1", "runtime.newproc1", "parent=+@goid@(%bx):u64 fn=+0(%ax):u64 ret=%cx:u64"},
	{"goexit0", "runtime.goexit0", argument},
	{"goschedImpl", "runtime.goschedImpl", argument},
	{"casgstatus", "runtime.casgstatus", argument + " old=%bx:u32 new=%cx:u32"},
	{"entersyscall", "runtime.entersyscall", self + ret},
	{"exitsyscall", "runtime.exitsyscall", self},
	{"newstack", "runtime.newstack", "goid=+@goid@(+@curg@(+@m@(%r14))):u64"},
	{"copystack", "runtime.copystack", argument + " size=%bx:u64"},

	{"preemptone", "runtime.preemptone", "goid=+@goid@(+@curg@(+@p.m@(%ax))):u64"},
	{"doSigPreempt", "runtime.doSigPreempt", argument},
	{"isAsyncSafePoint", "runtime.isAsyncSafePoint", argument + " pc=%bx:u64"},
	{"asyncPreempt2", "runtime.asyncPreempt2", self},

	{"gopanic", "runtime.gopanic", self + ret},
	{"sigpanic", "runtime.sigpanic", self},
	{"gorecover", "runtime.gorecover", self + ret},
	{"recovery", "runtime.recovery", argument},
	{"Goexit", "runtime.Goexit", self + ret},
	{"deferproc", "runtime.deferproc", self + " fn=+0(%ax):u64" + ret},
	{"deferprocStack", "runtime.deferprocStack", self + " fn=+0(+@fn@(%ax)):u64" + ret},
	{"deferrangefunc", "runtime.deferrangefunc", self + ret},
	{"deferprocat", "runtime.deferprocat", self + " fn=+0(%ax):u64" + ret},
	{"deferreturn", "runtime.deferreturn", self + ret},

	{"fatalthrow", "runtime.fatalthrow", "goid=+@goid@(+@curg@(+@m@(%r14))):u64"},
	{"dopanic_m", "runtime.dopanic_m", argument},
	{"os_Exit", "os.Exit", self + " code=%ax:s32"},
	{"exit", "runtime.exit.abi0", "code=+8(%sp):s32"},
}

// A debugger plants breakpoints of its own at the entries of these. A probe
// there would take them away from it, so they are left out beside a debugger.
var crash = []probe{
	{"fatalpanic", "runtime.fatalpanic", self + ret},
	{"throw", "runtime.throw", self + ret},
	{"fatal", "runtime.fatal", self + ret},
}

type image struct {
	file    *elf.File
	symbols map[string]uint64
	offsets *strings.Replacer
	dwarf   *dwarf.Data
}

func open(path string) (*image, error) {
	f, err := elf.Open(path)
	if err != nil {
		return nil, err
	}
	im := &image{file: f, symbols: map[string]uint64{}}
	syms, err := f.Symbols()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, s := range syms {
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC {
			im.symbols[s.Name] = s.Value
		}
	}
	if im.dwarf, err = f.DWARF(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	want := map[string]map[string]string{
		"runtime.g":      {"goid": "@goid@", "m": "@m@"},
		"runtime.m":      {"curg": "@curg@"},
		"runtime.p":      {"m": "@p.m@"},
		"runtime._defer": {"fn": "@fn@"},
	}
	var pairs []string
	r := im.dwarf.Reader()
	for len(want) > 0 {
		e, err := r.Next()
		if err != nil {
			return nil, err
		}
		if e == nil {
			return nil, fmt.Errorf("%s: the runtime's structs are not all in its DWARF", path)
		}
		name, _ := e.Val(dwarf.AttrName).(string)
		fields, ok := want[name]
		if e.Tag != dwarf.TagStructType || !ok {
			continue
		}
		t, err := im.dwarf.Type(e.Offset)
		if err != nil {
			return nil, err
		}
		for _, field := range t.(*dwarf.StructType).Field {
			if key, ok := fields[field.Name]; ok {
				pairs = append(pairs, key, strconv.FormatInt(field.ByteOffset, 10))
			}
		}
		delete(want, name)
	}
	im.offsets = strings.NewReplacer(pairs...)
	return im, nil
}

// fromPclntab takes the addresses of functions from the table that Go's own
// tracebacks use, which no stripping removes. It does not know the ABI suffixes.
func (im *image) fromPclntab(path string) error {
	f, err := elf.Open(path)
	if err != nil {
		return err
	}
	text, pclntab := f.Section(".text"), f.Section(".gopclntab")
	if text == nil || pclntab == nil {
		return fmt.Errorf("%s: no .gopclntab", path)
	}
	data, err := pclntab.Data()
	if err != nil {
		return err
	}
	table, err := gosym.NewTable(nil, gosym.NewLineTable(data, text.Addr))
	if err != nil {
		return err
	}
	im.file = f
	im.symbols = map[string]uint64{}
	for _, fn := range table.Funcs {
		im.symbols[fn.Name] = fn.Entry
		im.symbols[fn.Name+".abi0"] = fn.Entry
	}
	return nil
}

func (im *image) fileOffset(addr uint64) (uint64, error) {
	for _, p := range im.file.Progs {
		if p.Type == elf.PT_LOAD && p.Vaddr <= addr && addr < p.Vaddr+p.Filesz {
			return addr - p.Vaddr + p.Off, nil
		}
	}
	return 0, fmt.Errorf("0x%x is in no segment", addr)
}

// lineAddrs returns, lowest first, the statement addresses of FILE:LINE.
func (im *image) lineAddrs(spec string) ([]uint64, error) {
	file, num, _ := strings.Cut(spec, ":")
	line, err := strconv.Atoi(num)
	if err != nil {
		return nil, fmt.Errorf("%s: not FILE:LINE", spec)
	}
	var addrs []uint64
	for r := im.dwarf.Reader(); ; {
		cu, err := r.Next()
		if err != nil || cu == nil {
			break
		}
		if cu.Tag != dwarf.TagCompileUnit {
			r.SkipChildren()
			continue
		}
		r.SkipChildren()
		lr, err := im.dwarf.LineReader(cu)
		if err != nil || lr == nil {
			continue
		}
		var e dwarf.LineEntry
		for {
			if err := lr.Next(&e); err == io.EOF {
				break
			} else if err != nil {
				return nil, err
			}
			if e.File != nil && e.Line == line && e.IsStmt && !e.EndSequence && filepath.Base(e.File.Name) == file {
				addrs = append(addrs, e.Address)
			}
		}
	}
	if len(addrs) == 0 {
		return nil, fmt.Errorf("%s: no statement there", spec)
	}
	sort.Slice(addrs, func(a, b int) bool { return addrs[a] < addrs[b] })
	return addrs, nil
}

type list []string

func (l *list) String() string     { return strings.Join(*l, " ") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

func main() {
	log.SetFlags(0)
	log.SetPrefix("probes: ")
	group := flag.String("group", "probe_situations", "group of the events")
	twin := flag.String("twin", "", "for a stripped binary: one of the same Go with DWARF")
	beside := flag.Bool("debugger", false, "leave out the places of a debugger's own breakpoints")
	only := flag.String("only", "", "only these events (comma between)")
	var funcs, lines list
	flag.Var(&funcs, "f", "EVENT=FUNCTION[ARGS]: a probe on the entry of a function as well")
	flag.Var(&lines, "l", "EVENT=FILE:LINE: a probe on the lowest statement of a line as well")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("usage: probes [options] BINARY")
	}
	path := flag.Arg(0)
	source := path
	if *twin != "" {
		source = *twin
	}
	im, err := open(source)
	if err != nil {
		log.Fatal(err)
	}
	if *twin != "" {
		if err := im.fromPclntab(path); err != nil {
			log.Fatal(err)
		}
	}

	probes := core
	if !*beside {
		probes = append(probes, crash...)
	}
	if *only != "" {
		keep := map[string]bool{}
		for _, e := range strings.Split(*only, ",") {
			keep[e] = true
		}
		var kept []probe
		for _, p := range probes {
			if keep[p.event] {
				kept = append(kept, p)
			}
		}
		probes = kept
	}
	for _, f := range funcs {
		event, rest, _ := strings.Cut(f, "=")
		symbol, args, _ := strings.Cut(rest, " ")
		if args == "" {
			args = self + ret
		}
		probes = append(probes, probe{event, symbol, args})
	}
	line := func(event string, addr uint64, args string) {
		off, err := im.fileOffset(addr)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Fprintf(os.Stdout, "p:%s/%s %s:0x%x %s\n", *group, event, path, off, im.offsets.Replace(args))
	}
	for _, p := range probes {
		addr, ok := im.symbols[p.symbol]
		if !ok {
			log.Printf("%s has no %s", filepath.Base(path), p.symbol)
			continue
		}
		line(p.event, addr, p.args)
	}
	for _, l := range lines {
		event, spec, _ := strings.Cut(l, "=")
		addrs, err := im.lineAddrs(spec)
		if err != nil {
			log.Fatal(err)
		}
		line(event, addrs[0], self)
	}
}
