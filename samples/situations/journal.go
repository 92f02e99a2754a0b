package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sort"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// What is counted. A journal holds one number of each, so that counting is an
// increment of private memory: no lock, no map, no system call in the code
// that is being recorded.
const (
	goroutinesCreated = iota // go statements of this program
	goroutinesNotRun         // of these, those that never got to run
	panicsRaised             // entries into runtime.gopanic, runtime errors included
	panicsRecovered          // recoveries, that is hits of runtime.recovery
	panicsRepanicked         // panics recovered by a deferred function that then panics again
	panicsSuperseded         // panics replaced by a later one before anybody recovered them
	panicsGoexit             // panics ended by a Goexit in a deferred call
	panicsFatal              // panics that end the process
	recoverCalls             // calls of recover, with and without effect
	goexits
	fatalErrors   // runtime.throw and runtime.fatal
	exitsPending  // deferred calls that os.Exit (or a fatal error) leaves undone
	defersOpen    // defer statements executed whose function open-codes them
	defersStack   // ... with a record on the stack: deferprocStack
	defersHeap    // ... with a record on the heap: deferproc
	defersRange   // ... in the body of a range over a function: deferprocat
	deferredCalls // deferred calls that were made
	callBreakme
	callControl
	callSmall
	callTwin
	callClassify
	callGrow
	callSpin
	callTick
	callNever
	counters
)

var counterName = [counters]string{
	goroutinesCreated: "goroutine.created",
	goroutinesNotRun:  "goroutine.notrun",
	panicsRaised:      "panic.raised",
	panicsRecovered:   "panic.recovered",
	panicsRepanicked:  "panic.repanicked",
	panicsSuperseded:  "panic.superseded",
	panicsGoexit:      "panic.goexit",
	panicsFatal:       "panic.fatal",
	recoverCalls:      "recover.calls",
	goexits:           "goexit",
	fatalErrors:       "fatal.error",
	exitsPending:      "defer.undone",
	defersOpen:        "defer.open",
	defersStack:       "defer.stack",
	defersHeap:        "defer.heap",
	defersRange:       "defer.range",
	deferredCalls:     "defer.ran",
	callBreakme:       "call.main.breakme",
	callControl:       "call.main.control",
	callSmall:         "call.main.small",
	callTwin:          "call.main.smallTwin",
	callClassify:      "call.main.classify",
	callGrow:          "call.main.grow",
	callSpin:          "call.main.spin",
	callTick:          "call.main.tick",
	callNever:         "call.main.never",
}

type entry struct {
	ns   int64
	goid uint64
	what string
	arg  int
}

// A journal belongs to one goroutine and is handed over when that one ends.
type journal struct {
	goid    uint64
	entries []entry
	n       [counters]int
}

var (
	baseMono int64     // CLOCK_MONOTONIC at baseTime
	baseTime time.Time // carries Go's monotonic reading
	clockErr time.Duration

	handedOver struct {
		sync.Mutex
		journals []*journal
	}

	// output is what report prints first: the logs of child processes.
	output []byte

	// openKind is how this build implements the defer statements that an
	// optimising build open-codes: -N turns all of them into stack records.
	openKind = defersOpen
)

// initClock ties Go's monotonic clock to CLOCK_MONOTONIC: of 50 tries it keeps
// the one with the least time between the two readings around the system call.
// From then on time.Since does, which reads the clock without a system call.
func initClock() {
	for i := 0; i < 50; i++ {
		var ts syscall.Timespec
		t0 := time.Now()
		syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, 1, uintptr(unsafe.Pointer(&ts)), 0)
		d := time.Since(t0)
		if i == 0 || d < clockErr {
			clockErr = d
			baseTime = t0
			baseMono = ts.Nano() - int64(d)/2
		}
	}
}

func initBuild() {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return
	}
	for _, s := range info.Settings {
		if s.Key == "-gcflags" && strings.Contains(s.Value, "-N") {
			openKind = defersStack
		}
	}
}

// goid parses the number out of "goroutine 7 [running]:".
func goid() uint64 {
	var buf [64]byte
	f := bytes.Fields(buf[:runtime.Stack(buf[:], false)])
	n, err := strconv.ParseUint(string(f[1]), 10, 64)
	if err != nil {
		panic("no goroutine number in " + string(buf[:]))
	}
	return n
}

func newJournal(role string, arg int) *journal {
	j := &journal{goid: goid(), entries: make([]entry, 0, 512)}
	j.log(role, arg)
	return j
}

func (j *journal) log(what string, arg int) {
	j.entries = append(j.entries, entry{baseMono + int64(time.Since(baseTime)), j.goid, what, arg})
}

// repanicked books a recover whose deferred function panics again. As it never
// returns, the runtime does not get to runtime.recovery: the first panic is
// marked as recovered, but nobody goes on from there.
func (j *journal) repanicked(arg int) {
	j.n[deferredCalls]++
	j.n[recoverCalls]++
	j.n[panicsRepanicked]++
	j.log("recovered.to.panic.again", arg)
}

func (j *journal) close() {
	j.log("end", 0)
	handedOver.Lock()
	handedOver.journals = append(handedOver.journals, j)
	handedOver.Unlock()
}

// finish is the deferred close of a goroutine that start began; it books itself
// and the wg.Done that follows.
func (j *journal) finish() {
	j.n[deferredCalls] += 2
	j.close()
}

// start runs f as a goroutine with a journal of its own. wg is a pointer and
// not a global so that a situation can leave its goroutines unwaited.
func (j *journal) start(wg *sync.WaitGroup, role string, arg int, f func(*journal)) {
	j.n[goroutinesCreated]++
	wg.Add(1)
	go func() {
		defer wg.Done()
		own := newJournal(role, arg)
		own.n[openKind] += 2
		defer own.finish()
		f(own)
	}()
}

// report prints the log of the truth in one write: the entries in time order,
// then the sums, then the counts of each goroutine.
func report(situation string) {
	handedOver.Lock()
	journals := handedOver.journals
	handedOver.Unlock()

	var all []entry
	var sum [counters]int
	for _, j := range journals {
		all = append(all, j.entries...)
		for c, n := range j.n {
			sum[c] += n
		}
	}
	sort.SliceStable(all, func(a, b int) bool { return all[a].ns < all[b].ns })
	sort.Slice(journals, func(a, b int) bool { return journals[a].goid < journals[b].goid })

	// Room enough for all of it: growing the buffer would call recover.
	out := bytes.NewBuffer(make([]byte, 0, len(output)+64*len(all)+64*counters*(1+len(journals))+512))
	out.Write(output)
	fmt.Fprintf(out, "# pid %d go %s GOMAXPROCS %d situation %s clock_error_ns %d\n",
		os.Getpid(), runtime.Version(), runtime.GOMAXPROCS(0), situation, clockErr.Nanoseconds())
	for _, e := range all {
		fmt.Fprintf(out, "%d %d %s %d\n", e.ns, e.goid, e.what, e.arg)
	}
	for c, n := range sum {
		if n != 0 {
			fmt.Fprintf(out, "count %s %d\n", counterName[c], n)
		}
	}
	for _, j := range journals {
		for c, n := range j.n {
			if n != 0 {
				fmt.Fprintf(out, "gcount %d %s %d\n", j.goid, counterName[c], n)
			}
		}
	}
	if *logFile == "" {
		os.Stdout.Write(out.Bytes())
	} else if err := os.WriteFile(*logFile, out.Bytes(), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "situations:", err)
		os.Exit(1)
	}
}
