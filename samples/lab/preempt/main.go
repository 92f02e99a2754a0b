// SPDX-License-Identifier: GPL-2.0-only

// Goroutines that give way in each way that there is, or do not have to, while the world is stopped a
// known number of times. What it counted it prints at the end, as the last thing that it does:
//
//	goroutine KIND GOID      one of each: spin, call, copy, wait, read
//	stop REASON COUNT        as runtime.stwReasonStrings writes it, from Go 1.21 on
//	gc COUNT                 collections, by MemStats.NumGC
//
// The collector runs when it is called and at no other time.
package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	procs   = 2
	rounds  = 4
	pause   = 3 * time.Millisecond
	longest = 30 * time.Second
)

var (
	over  uint32
	sinks [8]uint64
	from  = make([]byte, 8<<20)
	to    = make([]byte, 8<<20)
)

// A loop without a call: only a signal can make it give way.
func spin(n int) {
	x := uint64(1)
	for atomic.LoadUint32(&over) == 0 {
		x = x*6364136223846793005 + 1442695040888963407
	}
	sinks[n] = x
}

//go:noinline
func leaf(x uint64) uint64 { return x*3 + 1 }

// It gives way in its prologue.
//
//go:noinline
func step(x uint64) uint64 { return leaf(x) ^ leaf(x+1) }

func call(n int) {
	for atomic.LoadUint32(&over) == 0 {
		sinks[n] = step(sinks[n])
	}
}

// Nearly all the time in runtime.memmove, which is no safe place for a signal; then in a prologue.
func copyMemory(n int) {
	for atomic.LoadUint32(&over) == 0 {
		copy(to, from)
		sinks[n] = step(sinks[n])
	}
}

var never = make(chan int)

func wait(int) { <-never }

var pipe [2]int

// In a system call from the beginning to the end.
func read(int) {
	var b [1]byte
	_, _ = syscall.Read(pipe[0], b[:])
}

func goid() int {
	var b [64]byte
	number := bytes.Fields(b[:runtime.Stack(b[:], false)])[1]
	n, _ := strconv.Atoi(string(number))
	return n
}

type worker struct {
	kind string
	run  func(int)
	goid int
}

func main() {
	debug.SetGCPercent(-1)
	if err := syscall.Pipe(pipe[:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	workers := []worker{{"wait", wait, 0}, {"read", read, 0}, {"spin", spin, 0}, {"spin", spin, 0},
		{"call", call, 0}, {"copy", copyMemory, 0}}
	time.AfterFunc(longest, func() { os.Exit(3) })
	var ended sync.WaitGroup
	for i := range workers {
		begun := make(chan bool)
		ended.Add(1)
		go func(n int) {
			w := &workers[n]
			w.goid = goid()
			begun <- true
			w.run(n)
			ended.Done()
		}(i)
		<-begun
		if workers[i].kind == "read" { // those that block do so while there is room
			time.Sleep(20 * time.Millisecond)
		}
	}
	stops := stop()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	stops["read mem stats"]++
	atomic.StoreUint32(&over, 1)
	close(never)
	_, _ = syscall.Write(pipe[1], []byte{1})
	ended.Wait()
	for _, w := range workers {
		fmt.Println("goroutine", w.kind, w.goid)
	}
	for reason, count := range stops {
		fmt.Printf("stop %s %d\n", reason, count)
	}
	fmt.Println("gc", m.NumGC)
}

// Stops the world in several ways, and tells how often in each.
func stop() map[string]int {
	stops := map[string]int{}
	var m runtime.MemStats
	stacks := make([]byte, 1<<16)
	profile := make([]runtime.StackRecord, 100)
	setProcs := func(n int) {
		if runtime.GOMAXPROCS(n) != n {
			stops["GOMAXPROCS"]++
		}
	}
	for i := 0; i < rounds; i++ {
		time.Sleep(pause)
		runtime.GC()
		time.Sleep(pause)
		runtime.ReadMemStats(&m)
		stops["read mem stats"]++
		time.Sleep(pause)
		runtime.Stack(stacks, true)
		stops["all goroutines stack trace"]++
		time.Sleep(pause)
		runtime.GoroutineProfile(profile)
		stops["goroutine profile"]++
		time.Sleep(pause)
		setProcs(procs + 1)
		setProcs(procs)
	}
	return stops
}
