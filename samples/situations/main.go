// Command situations is the program in the recordings of this folder. Each of
// its situations does something that people look for in a debugger or in a
// recording, and keeps count: the log it prints at the end is the truth that
// a reader of the recording must find again.
//
// The functions of interest are marked noinline, because a probe or a
// breakpoint needs a function that is there; small is not, on purpose.
//
// Goroutine 1 only starts the others wherever possible: runtime.main has defers
// of its own, which would blur the counts.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

var (
	goroutines = flag.Int("g", 3, "goroutines of the situation")
	rounds     = flag.Int("n", 4, "rounds of each goroutine")
	spinFor    = flag.Duration("spin", 60*time.Millisecond, "time of each tight loop (spin)")
	kind       = flag.String("kind", "unlock", "fatal error to cause (throw): unlock, deadlock, overflow")
	pause      = flag.Duration("pause", 0, "sleep before each round (breakme)")
	logFile    = flag.String("log", "", "file for the log of the truth instead of standard output")
)

var situations = map[string]func(*journal){
	"panics":   panics,
	"fatal":    fatal,
	"throw":    throw,
	"exit":     exit,
	"defers":   defers,
	"inline":   inline,
	"branches": branches,
	"breakme":  breakpoints,
	"spin":     spinning,
	"children": children,
	"load":     load,
	"quick":    quick,
}

func main() {
	flag.Parse()
	situation, ok := situations[flag.Arg(0)]
	if !ok {
		fmt.Fprintln(os.Stderr, "usage: situations [-g N] [-n N] [-log FILE] panics|fatal|throw|exit|defers|inline|branches|breakme|spin|children|load|quick")
		os.Exit(2)
	}
	initClock()
	initBuild()
	j := newJournal("main", 0)
	situation(j)
	j.close()
	report(flag.Arg(0))

	// Not a plain return: a nested panic leaves runtime.runningPanicDefers above
	// zero in Go 1.19, and runtime.main then yields 1000 times before it exits.
	os.Exit(0)
}

// all runs f in the wanted number of goroutines and waits for them.
func all(j *journal, role string, f func(*journal)) {
	var wg sync.WaitGroup
	for g := 0; g < *goroutines; g++ {
		j.start(&wg, role, g, f)
	}
	wg.Wait()
}

// ---- panics -------------------------------------------------------------

func panics(j *journal) {
	all(j, "panics", func(j *journal) {
		for i := 0; i < *rounds; i++ {
			recovered(j, i)
			recoveredInCaller(j, i)
			nested(j, i)
			superseded(j, i)
			repanicked(j, i)
			panicInDefer(j, i)
			for e := 0; e < runtimeErrors; e++ {
				runtimeError(j, e)
			}
			recoverInVain(j)
		}
	})
	var wg sync.WaitGroup
	j.start(&wg, "goexit", 0, func(j *journal) { leave(j) })
	j.start(&wg, "goexit.in.panic", 0, func(j *journal) { leaveInPanic(j) })
	wg.Wait()
}

// caught is called by deferred functions with what recover returned.
func caught(j *journal, what string, e interface{}) {
	j.n[deferredCalls]++
	j.n[recoverCalls]++
	if e != nil {
		j.n[panicsRecovered]++
		j.log(what, 1)
	}
}

//go:noinline
func recovered(j *journal, n int) (r int) {
	j.n[openKind]++
	defer func() { caught(j, "recovered", recover()); r = n }()
	j.n[panicsRaised]++
	j.log("panic", n)
	panic("recovered")
}

//go:noinline
func recoveredInCaller(j *journal, n int) (r int) {
	j.n[openKind]++
	defer func() { caught(j, "recovered.in.caller", recover()); r = n }()
	raise(j, 3)
	j.log("unreachable", n) // mark: unwound
	return n
}

// raise panics below depth frames that each hold a deferred call.
//
//go:noinline
func raise(j *journal, depth int) {
	j.n[openKind]++
	defer func() { j.n[deferredCalls]++ }()
	if depth == 0 {
		j.n[panicsRaised]++
		j.log("panic.in.callee", depth)
		panic(depth) // mark: panic-in-callee
	}
	raise(j, depth-1)
}

// nested panics, and while that panic runs the deferred function, another one
// comes and goes inside it.
//
//go:noinline
func nested(j *journal, n int) (r int) {
	j.n[openKind] += 2
	defer func() { caught(j, "recovered.outer", recover()); r = n }()
	defer func() {
		j.n[deferredCalls]++
		recovered(j, n)
	}()
	j.n[panicsRaised]++
	j.log("panic.outer", n)
	panic("outer")
}

// superseded panics, and its deferred function panics too: the first panic is
// never recovered, and yet is not fatal.
//
//go:noinline
func superseded(j *journal, n int) (r int) {
	j.n[openKind] += 2
	defer func() { caught(j, "recovered.second", recover()); r = n }()
	defer func() {
		j.n[deferredCalls]++
		j.n[panicsRaised]++
		j.log("panic.second", n)
		panic("second")
	}()
	j.n[panicsRaised]++
	j.n[panicsSuperseded]++
	j.log("panic.first", n)
	panic("first")
}

// repanicked recovers and panics again with the same value, as a server does
// that only wants to log.
//
//go:noinline
func repanicked(j *journal, n int) (r int) {
	j.n[openKind]++
	defer func() { caught(j, "recovered.again", recover()); r = n }()
	rethrow(j, n)
	return n
}

//go:noinline
func rethrow(j *journal, n int) {
	j.n[openKind]++
	defer func() {
		e := recover()
		j.repanicked(n)
		j.n[panicsRaised]++
		j.log("panic.again", n)
		panic(e)
	}()
	j.n[panicsRaised]++
	j.log("panic.once", n)
	panic(n)
}

// panicInDefer returns normally into a deferred function that panics.
//
//go:noinline
func panicInDefer(j *journal, n int) (r int) {
	j.n[openKind]++
	defer func() { caught(j, "recovered.deferred", recover()); r = n }()
	returnsIntoPanic(j, n)
	return n
}

//go:noinline
func returnsIntoPanic(j *journal, n int) int {
	j.n[openKind]++
	defer func() {
		j.n[deferredCalls]++
		j.n[panicsRaised]++
		j.log("panic.deferred", n)
		panic("deferred")
	}()
	return n
}

const runtimeErrors = 7

var (
	noMap    map[string]int
	noInt    *int
	noSlice  []int
	zero     int
	noString interface{} = 1
)

//go:noinline
func runtimeError(j *journal, which int) (r int) {
	j.n[openKind]++
	defer func() { caught(j, "recovered.runtime.error", recover()); r = which }()
	j.n[panicsRaised]++
	j.log("panic.runtime.error", which)
	switch which {
	case 0:
		r = noSlice[which]
	case 1:
		r = *noInt
	case 2:
		r = which / zero
	case 3:
		r = len(noString.(string))
	case 4:
		noMap["x"] = 1
	case 5:
		r = len(noSlice[which:])
	default:
		c := make(chan int)
		close(c)
		close(c)
	}
	return r
}

// recoverInVain calls recover where there is nothing to recover, and then
// where it has no effect because a helper calls it and not the deferred function.
//
//go:noinline
func recoverInVain(j *journal) (r int) {
	j.n[openKind] += 2
	defer func() { caught(j, "recovered.at.last", recover()); r = 1 }()
	defer func() {
		j.n[deferredCalls]++
		if helper(j) != nil {
			panic("recover has an effect in a helper")
		}
	}()
	j.n[recoverCalls]++
	if recover() != nil {
		panic("recover has an effect outside of a deferred call")
	}
	j.n[panicsRaised]++
	j.log("panic.in.vain", 0)
	panic("in vain")
}

//go:noinline
func helper(j *journal) interface{} {
	j.n[recoverCalls]++
	return recover()
}

// leave ends its goroutine below two deferred calls; recover does not stop it.
//
//go:noinline
func leave(j *journal) {
	j.n[openKind]++
	defer func() { caught(j, "recovered.goexit", recover()) }()
	j.n[goexits]++
	j.log("goexit", 0)
	runtime.Goexit()
	j.log("unreachable", 0) // mark: after-goexit
}

// leaveInPanic panics, and the deferred call ends the goroutine.
//
//go:noinline
func leaveInPanic(j *journal) {
	j.n[openKind]++
	defer func() {
		j.n[deferredCalls]++
		j.n[goexits]++
		j.log("goexit.in.panic", 0)
		runtime.Goexit()
	}()
	j.n[panicsRaised]++
	j.n[panicsGoexit]++
	j.log("panic.goexit", 0)
	panic("ended by goexit")
}

// ---- the ends of a process -------------------------------------------------

// fatal: a goroutine panics and nobody recovers. The log is printed by the
// outermost of its deferred calls, the last code of this program that runs.
func fatal(j *journal) {
	var wg sync.WaitGroup
	j.n[goroutinesCreated]++
	wg.Add(1)
	go func() {
		own := newJournal("doomed", 0)
		own.n[openKind]++
		defer func() {
			own.n[deferredCalls]++
			own.log("last.words", 0)
			own.close()
			j.close()
			report("fatal")
		}()
		doom(own)
	}()
	wg.Wait()
	j.log("unreachable", 0) // mark: after-fatal
}

//go:noinline
func doom(j *journal) {
	j.n[openKind]++
	defer func() { j.n[deferredCalls]++ }()
	j.n[panicsRaised]++
	j.n[panicsFatal]++
	j.log("panic.fatal", 0)
	panic("nobody recovers this") // mark: fatal
}

// throw: an error that no recover can stop. No deferred call is made.
func throw(j *journal) {
	j.n[openKind] += 2
	j.n[exitsPending] += 2
	j.n[fatalErrors]++
	defer func() { fmt.Println("unreachable: a deferred call") }()
	defer func() { fmt.Println("unreachable: recovered", recover()) }()
	j.log("fatal.error", len(*kind))
	j.close()
	report("throw")
	switch *kind {
	case "deadlock":
		var wg sync.WaitGroup
		wg.Add(1)
		wg.Wait()
	case "overflow":
		debug.SetMaxStack(1 << 16)
		endless(0)
	default:
		var mu sync.Mutex
		mu.Unlock() // mark: throw
	}
}

var depthReached int

//go:noinline
func endless(n int) int {
	depthReached = n
	return endless(n+1) + 1
}

// exit: os.Exit while this goroutine has deferred calls to make, and others
// are parked with theirs.
func exit(j *journal) {
	var parked sync.WaitGroup
	for g := 0; g < *goroutines; g++ {
		j.n[goroutinesCreated]++
		parked.Add(1)
		go func(g int) {
			own := newJournal("parked", g)
			own.n[openKind]++
			own.n[exitsPending]++
			defer func() { fmt.Println("unreachable: deferred") }()
			own.close()
			parked.Done()
			<-make(chan int)
			own.log("unreachable", g) // mark: never-received
		}(g)
	}
	parked.Wait()
	j.n[openKind]++
	j.n[exitsPending]++
	defer undone(j)
	j.log("exit", 3)
	j.close()
	report("exit")
	os.Exit(3) // mark: exit
}

//go:noinline
func undone(j *journal) {
	j.log("unreachable", 0) // mark: undone
}

// quick: goroutines that never run, because the process ends first. There is
// one P, so that only this goroutine runs, and the log is printed before they
// are created, so that no system call gives another the chance.
func quick(j *journal) {
	runtime.GOMAXPROCS(1)
	j.n[goroutinesCreated] += *goroutines
	j.n[goroutinesNotRun] += *goroutines
	j.log("quick", *goroutines)
	j.close()
	report("quick")
	for g := 0; g < *goroutines; g++ {
		go never()
	}
	os.Exit(0)
}

//go:noinline
func never() {
	fmt.Println("unreachable: never") // mark: never
}

// ---- defers ----------------------------------------------------------------

func defers(j *journal) {
	all(j, "defers", func(j *journal) {
		for i := 0; i < *rounds; i++ {
			openDefers(j, i)
			nineDefers(j)
			loopDefers(j, 5)
			mixedDefers(j, 2)
			rangeDefers(j, 3)
		}
		// Last, so that its growth of the stack is the first one in this goroutine
		// that deferred calls live through.
		j.log("grow", growDepth)
		grow(j, growDepth)
	})
}

// openDefers has at most eight defers and few ways out: they are open-coded,
// each with a bit that says whether its statement was reached.
//
//go:noinline
func openDefers(j *journal, n int) {
	j.n[openKind]++
	defer ran(j)
	if n%2 == 0 {
		j.n[openKind]++
		defer func() { j.n[deferredCalls]++ }()
	}
	if n < 0 {
		defer ran(j) // mark: defer-not-reached
	}
	j.log("defers.open", n)
}

//go:noinline
func ran(j *journal) {
	j.n[deferredCalls]++
}

// nineDefers has one defer more than a function may open-code: nine records on
// the stack.
//
//go:noinline
func nineDefers(j *journal) {
	j.n[defersStack] += 9
	defer ran(j)
	defer ran(j)
	defer ran(j)
	defer ran(j)
	defer ran(j)
	defer ran(j)
	defer ran(j)
	defer ran(j)
	defer ran(j)
	j.log("defers.stack", 9)
}

// loopDefers defers in a loop: records on the heap.
//
//go:noinline
func loopDefers(j *journal, n int) {
	for i := 0; i < n; i++ {
		j.n[defersHeap]++
		defer ran(j)
	}
	j.log("defers.heap", n)
}

// mixedDefers has both: the loop takes the open coding from the other one, which
// keeps its record on the stack.
//
//go:noinline
func mixedDefers(j *journal, n int) {
	j.n[defersStack]++
	defer ran(j)
	for i := 0; i < n; i++ {
		j.n[defersHeap]++
		defer ran(j)
	}
	j.log("defers.mixed", n)
}

const growDepth = 24

// grow needs two kilobytes of stack in each of its frames: the stack is
// moved several times while deferred calls are pending, and a probe on its
// entry is hit once more for each time.
//
//go:noinline
func grow(j *journal, depth int) int {
	var room [256]int
	j.n[callGrow]++
	for i := 0; i < 1; i++ {
		j.n[defersHeap]++
		defer ran(j)
	}
	if depth > 0 {
		room[depth%len(room)] = grow(j, depth-1)
	}
	return room[depth%len(room)] + depth
}

// ---- what the compiler does to functions and lines ---------------------------

var sink int64

func inline(j *journal) {
	all(j, "inline", func(j *journal) {
		s := 0
		for i := 0; i < *rounds; i++ {
			j.n[callSmall]++
			s += small(i)
			j.n[callTwin]++
			s += smallTwin(i)
		}
		atomic.AddInt64(&sink, int64(s))
	})
}

// small is inlined into its caller wherever the compiler may.
func small(n int) int {
	return n*5 + 2 // mark: inlined
}

//go:noinline
func smallTwin(n int) int {
	return n*5 + 2 // mark: not-inlined
}

const debugging = false

func branches(j *journal) {
	all(j, "branches", func(j *journal) {
		s := 0
		for i := 0; i < *rounds; i++ {
			j.n[callClassify]++
			s += classify(i)
		}
		atomic.AddInt64(&sink, int64(s))
	})
}

// classify is only called with n >= 0.
//
//go:noinline
func classify(n int) int {
	if n < 0 {
		n = int(atomic.AddInt64(&sink, 1)) // mark: not-reached
	}
	if debugging {
		n = int(atomic.AddInt64(&sink, 2)) // mark: constant-false
	}
	dead := n * 3 // mark: optimised-away
	_ = dead
	// mark: comment
	return n + int(atomic.LoadInt64(&sink)&1) // mark: reached
}

// ---- breakpoints ----------------------------------------------------------------

func breakpoints(j *journal) {
	all(j, "breakme", func(j *journal) {
		for i := 0; i < *rounds; i++ {
			time.Sleep(*pause)
			j.n[callBreakme]++
			j.log("breakme", i)
			r := breakme(i)
			j.n[callControl]++
			j.log("control", r)
			r = control(r)
			j.log("returned", r)
		}
	})
}

// breakme and control are alike: leaf functions whose frame needs no check of
// the stack, so that the first instruction is the place where a debugger puts
// its breakpoint, and where a probe on the function sits as well.
//
//go:noinline
func breakme(n int) int {
	return n*3 + 1 // mark: breakme
}

//go:noinline
func control(n int) int {
	return n*7 + 5 // mark: control
}

// ---- scheduling ----------------------------------------------------------------------

// spinning: more tight loops than processors, which only a signal can take from
// their thread.
func spinning(j *journal) {
	perMs := calibrate(j)
	all(j, "spin", func(j *journal) {
		for i := 0; i < *rounds; i++ {
			j.n[callSpin]++
			j.log("spin", i)
			x := spin(perMs * int(spinFor.Milliseconds()))
			j.log("spun", int(x&1))
		}
	})
}

// spin has no call in it: there is no safe point but the one that the signal makes.
//
//go:noinline
func spin(n int) uint64 {
	x := uint64(1)
	for i := 0; i < n; i++ {
		x = x*6364136223846793005 + 1442695040888963407
	}
	return x
}

func calibrate(j *journal) int {
	const n = 200000
	best := time.Duration(1 << 62)
	for i := 0; i < 3; i++ {
		t := time.Now()
		j.n[callSpin]++
		atomic.AddInt64(&sink, int64(spin(n)&1))
		if d := time.Since(t); d < best {
			best = d
		}
	}
	return int(float64(n) / (float64(best) / 1e6))
}

// load makes events for measurements of speed: each goroutine calls tick the
// wanted number of times, and every 64 calls defers, panics and yields.
func load(j *journal) {
	all(j, "load", func(j *journal) {
		s := 0
		for i := 0; i < *rounds; i++ {
			j.n[callTick]++
			s += tick(i)
			if i%64 == 63 {
				loadDefers(j)
				loadPanic(j, i)
				runtime.Gosched()
			}
		}
		atomic.AddInt64(&sink, int64(s))
	})
}

//go:noinline
func tick(n int) int {
	return n ^ 0x55
}

//go:noinline
func loadDefers(j *journal) {
	for i := 0; i < 2; i++ {
		j.n[defersHeap]++
		defer ran(j)
	}
}

//go:noinline
func loadPanic(j *journal, n int) (r int) {
	j.n[openKind]++
	defer func() {
		j.n[deferredCalls]++
		j.n[recoverCalls]++
		j.n[panicsRecovered]++
		recover()
		r = n
	}()
	j.n[panicsRaised]++
	panic("load")
}

// ---- processes --------------------------------------------------------------------------

// children runs this program again, twice at a time: every process numbers its
// goroutines from 1, and a debugger of the parent sees nothing of them. Each
// child prints a log of its own; the parent's comes last.
func children(j *journal) {
	self, err := os.Executable()
	if err != nil {
		fmt.Fprintln(os.Stderr, "situations:", err)
		os.Exit(1)
	}
	var wg sync.WaitGroup
	logs := make([][]byte, *goroutines)
	for c := range logs {
		c := c
		j.start(&wg, "parent", c, func(j *journal) {
			j.n[callBreakme]++
			j.log("breakme", breakme(c))
			cmd := exec.Command(self, "-g", strconv.Itoa(c+1), "-n", strconv.Itoa(*rounds), "breakme")
			cmd.Stderr = os.Stderr
			var err error
			if logs[c], err = cmd.Output(); err != nil {
				fmt.Fprintln(os.Stderr, "situations: child:", err)
			}
			j.log("child.exited", cmd.Process.Pid)
		})
	}
	wg.Wait()
	output = bytes.Join(logs, nil)
}
