// Command goroutines logs what its goroutines do while it is recorded: who was
// born where, who ran at which moments on which thread and processor, why who
// waited, who died how. It keeps the log in memory and prints it at the end.
//
//	born GOID PARENT LINE FUNCTION   by the go statement on that line of this file
//	died GOID HOW                    return or Goexit; who is not named lives
//	at TS GOID TID P                 ran there at that moment of CLOCK_MONOTONIC
//	dump TS TS_END GOID STATE        as runtime.Stack describes it, taken in between
//	procs TS N                       there are no more than N processors from here on
package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

const (
	journals = 256  // room for so many goroutines
	moments  = 1000 // of each
)

type moment struct{ ts, tid, p int64 }

// journal belongs to one goroutine, which writes into it without asking anybody.
type journal struct {
	goid, parent int64
	line         int
	function     string
	how          string
	at           []moment
}

var (
	all   [journals]journal
	used  int32
	lines []string // of main alone
)

//go:linkname procPin runtime.procPin
func procPin() int

//go:linkname procUnpin runtime.procUnpin
func procUnpin()

func main() {
	runtime.GOMAXPROCS(2)
	lines = append(lines, fmt.Sprint("procs ", now(), " 2"))
	self := newborn()
	self.goid, self.parent = goid(), 0
	families(self)
	waits(self)
	busy(self)
	pulls(self)
	runtime.GOMAXPROCS(1)
	self.note()
	log("procs %d 1", now())
	families(self)
	busy(self)
	for i := range all[:used] {
		j := &all[i]
		if j.parent != 0 {
			log("born %d %d %d %s", j.goid, j.parent, j.line, j.function)
		}
		if j.how != "" {
			log("died %d %s", j.goid, j.how)
		}
		for _, m := range j.at {
			log("at %d %d %d %d", m.ts, j.goid, m.tid, m.p)
		}
	}
	for _, l := range lines {
		fmt.Println(l)
	}
}

func log(format string, args ...interface{}) { lines = append(lines, fmt.Sprintf(format, args...)) }

func now() int64 {
	var t syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, 1, uintptr(unsafe.Pointer(&t)), 0)
	return t.Nano()
}

func goid() int64 {
	var b [64]byte
	words := bytes.Fields(b[:runtime.Stack(b[:], false)])
	n, _ := strconv.ParseInt(string(words[1]), 10, 64)
	return n
}

// newborn is called as an argument of a go statement, by the parent and on the
// statement's line.
func newborn() *journal {
	j := &all[atomic.AddInt32(&used, 1)-1]
	pc, _, line, _ := runtime.Caller(1)
	j.parent, j.line, j.function = goid(), line, runtime.FuncForPC(pc).Name()
	j.at = make([]moment, 0, moments)
	return j
}

// begin is the first thing that a goroutine does.
func (j *journal) begin() {
	j.goid = goid()
	j.note()
}

// note: while it is pinned, no goroutine leaves its thread or its processor.
func (j *journal) note() {
	p := procPin()
	tid := syscall.Gettid()
	ts := now()
	procUnpin()
	if len(j.at) < cap(j.at) {
		j.at = append(j.at, moment{ts, int64(tid), int64(p)})
	}
}

// spin computes for about so many microseconds.
//
//go:noinline
func spin(us int64) {
	for end := now() + 1000*us; now() < end; {
	}
}

// families: goroutines that make goroutines, and end one way or the other.
func families(self *journal) {
	var wg sync.WaitGroup
	wg.Add(4)
	go parent(newborn(), &wg, 0)
	go parent(newborn(), &wg, 1)
	go exits(newborn(), &wg)
	go childOf(newborn(), &wg)
	wg.Wait()
	self.note()
}

func parent(j *journal, wg *sync.WaitGroup, n int) {
	defer wg.Done()
	j.begin()
	var children sync.WaitGroup
	children.Add(2)
	if n == 0 {
		go childOf(newborn(), &children)
	} else {
		go grandparent(newborn(), &children)
	}
	go childOf(newborn(), &children)
	children.Wait()
	j.note()
	j.how = "return"
}

func grandparent(j *journal, wg *sync.WaitGroup) {
	defer wg.Done()
	j.begin()
	var children sync.WaitGroup
	children.Add(1)
	go childOf(newborn(), &children)
	children.Wait()
	j.how = "return"
}

func childOf(j *journal, wg *sync.WaitGroup) {
	defer wg.Done()
	j.begin()
	spin(50)
	j.note()
	j.how = "return"
}

func exits(j *journal, wg *sync.WaitGroup) {
	defer wg.Done()
	j.begin()
	defer func() { j.how = "Goexit" }()
	deep(j, 3)
}

//go:noinline
func deep(j *journal, n int) {
	if n == 0 {
		j.note()
		runtime.Goexit()
	}
	deep(j, n-1)
	j.note()
}

// waits: each goroutine waits in a way of its own while the runtime is asked why.
func waits(self *journal) {
	var (
		wg      sync.WaitGroup
		empty   = make(chan int)
		full    = make(chan int)
		never   = make(chan int)
		held    sync.Mutex
		writing sync.RWMutex
		group   sync.WaitGroup
		cond    = sync.NewCond(new(sync.Mutex))
		met     bool
		pipe    [2]int
	)
	held.Lock()
	writing.Lock()
	group.Add(1)
	check(syscall.Pipe(pipe[:]))
	server, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	client, err := net.Dial("tcp", server.Addr().String())
	check(err)
	peer, err := server.Accept()
	check(err)
	ways := []func(){
		func() { <-empty },
		func() { full <- 1 },
		func() {
			select {
			case <-never:
			case <-empty:
			}
		},
		func() { held.Lock(); held.Unlock() },
		func() { writing.RLock(); writing.RUnlock() },
		func() { group.Wait() },
		func() {
			cond.L.Lock()
			for !met {
				cond.Wait()
			}
			cond.L.Unlock()
		},
		func() { time.Sleep(100 * time.Millisecond) },
		func() { peer.Read(make([]byte, 1)) },
		func() { syscall.Read(pipe[0], make([]byte, 1)) },
	}
	for _, f := range ways {
		wg.Add(1)
		go waiter(newborn(), &wg, f)
	}
	time.Sleep(20 * time.Millisecond)
	dump()
	time.Sleep(10 * time.Millisecond)
	dump()
	self.note()
	empty <- 1
	empty <- 1
	<-full
	held.Unlock()
	writing.Unlock()
	group.Done()
	cond.L.Lock()
	met = true
	cond.L.Unlock()
	cond.Broadcast()
	client.Write([]byte{1})
	syscall.Write(pipe[1], []byte{1})
	wg.Wait()
	self.note()
	go forever(newborn())
	time.Sleep(5 * time.Millisecond)
	dump()
}

func waiter(j *journal, wg *sync.WaitGroup, f func()) {
	defer wg.Done()
	j.begin()
	f()
	j.note()
	j.how = "return"
}

// forever still waits when the program ends.
func forever(j *journal) {
	j.begin()
	select {}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

var described = regexp.MustCompile(`(?m)^goroutine (\d+) (?:.* )?\[([^\],]+)`)

func dump() {
	text := make([]byte, 1<<16)
	ts := now()
	text = text[:runtime.Stack(text, true)]
	end := now()
	for _, m := range described.FindAllSubmatch(text, -1) {
		log("dump %d %d %s %s", ts, end, m[1], m[2])
	}
}

// busy: goroutines that run in between all sorts of short interruptions.
func busy(self *journal) {
	var wg sync.WaitGroup
	ping, pong := make(chan int), make(chan int)
	wg.Add(5)
	go worker(newborn(), &wg, 40, func(int) { runtime.Gosched() })
	go worker(newborn(), &wg, 40, func(int) { syscall.Getppid(); syscall.Access("/", 0) })
	go worker(newborn(), &wg, 40, func(i int) { grow(i) })
	go worker(newborn(), &wg, 20, func(int) { ping <- 1; <-pong })
	go worker(newborn(), &wg, 20, func(int) { <-ping; pong <- 1 })
	for i := 0; i < 5; i++ {
		self.note()
		time.Sleep(time.Millisecond)
		runtime.GC()
	}
	wg.Add(2)
	go worker(newborn(), &wg, 1, func(int) { spin(30000) })
	go worker(newborn(), &wg, 1, func(int) { spin(30000) })
	wg.Wait()
	self.note()
}

func worker(j *journal, wg *sync.WaitGroup, rounds int, f func(i int)) {
	defer wg.Done()
	j.begin()
	for i := 0; i < rounds; i++ {
		f(i)
		j.note()
	}
	j.how = "return"
}

//go:noinline
func grow(n int) int {
	var room [256]byte
	room[n] = byte(n)
	if n == 0 {
		return 0
	}
	return grow(n-1) + int(room[n])
}
