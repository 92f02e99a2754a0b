// SPDX-License-Identifier: GPL-2.0-only

// Defers that the compiler makes open-coded, and some that it cannot, in all ways to end. Each statement
// logs itself, and so does each deferred function:
//
//	defer GOID FUNCTION LINE KIND    the statement on that line is executed
//	ran GOID HOW                     the last one that is left was run: by return, panic or Goexit
//	exit GOID                        the process is about to end, and makes no deferred call
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

var lock sync.Mutex
var how = map[string]string{} // by goroutine: what runs its deferred calls now

//go:noinline
func goid() string {
	var b [64]byte
	return strings.Fields(string(b[:runtime.Stack(b[:], false)]))[1]
}

//go:noinline
func say(format string, args ...interface{}) {
	lock.Lock()
	fmt.Printf(format+"\n", args...)
	lock.Unlock()
}

// at is called on the line before a defer statement.
//
//go:noinline
func at(kind string) {
	pc, _, line, _ := runtime.Caller(1)
	say("defer %s %s %d %s", goid(), runtime.FuncForPC(pc).Name(), line+1, kind)
}

//go:noinline
func by(what string) {
	id := goid()
	lock.Lock()
	how[id] = what
	lock.Unlock()
}

//go:noinline
func ran() {
	id := goid()
	lock.Lock()
	what := how[id]
	fmt.Printf("ran %s %s\n", id, what)
	lock.Unlock()
}

// ---- what is deferred

//go:noinline
func first() { ran() }

//go:noinline
func second() { ran() }

//go:noinline
func rescue() {
	ran()
	if recover() != nil {
		by("ran")
	}
}

//go:noinline
func sum(a, b int) {
	ran()
	if a+b < 0 {
		second()
	}
}

type thing struct{ n int }

//go:noinline
func (t thing) value() { ran() }

//go:noinline
func (t *thing) pointer() { ran() }

type closer interface{ close() }

//go:noinline
func (t *thing) close() { ran() }

// ---- who defers

//go:noinline
func one(n int) {
	at("open")
	defer first()
	work(n)
}

// eight has as many as can be.
//
//go:noinline
func eight(n int, f func(), c closer) {
	t := thing{n}
	at("open")
	defer first()
	at("open")
	defer second()
	at("open")
	defer f()
	at("open")
	defer c.close()
	at("open")
	defer t.value()
	at("open")
	defer (&t).pointer()
	at("open")
	defer sum(n, 3)
	at("open")
	defer func() { ran(); t.n = n }()
	work(n)
}

//go:noinline
func sometimes(n int) {
	if n&1 != 0 {
		at("open")
		defer first()
	}
	at("open")
	defer second()
	if n&2 != 0 {
		at("open")
		defer func() { ran(); work(0) }()
	}
	if n&4 != 0 {
		at("open")
		defer sum(n, n)
	}
	work(n)
}

// twice defers one function with two statements, and has two exits.
//
//go:noinline
func twice(n int) int {
	at("open")
	defer first()
	if n == 3 {
		return n
	}
	at("open")
	defer first()
	work(n)
	return n + 1
}

//go:noinline
func nothingElse(f func()) {
	at("open")
	defer f()
}

//go:noinline
func each[T any](v T, f func(T)) {
	at("open")
	defer f(v)
	at("open")
	defer func() { ran(); work(0) }()
	work(1)
}

//go:noinline
func down(n int) {
	at("open")
	defer first()
	if n > 0 {
		down(n - 1)
	} else {
		work(0)
	}
}

//go:noinline
func loop(n int) {
	for i := 0; i < n; i++ {
		at("heap")
		defer first()
	}
	at("stack")
	defer second()
	work(n)
}

// work panics, or gives the goroutine up, when told so.
//
//go:noinline
func work(n int) {
	switch {
	case n == panics:
		by("ran_in_panic")
		panic("told to")
	case n == exits:
		by("ran_in_goexit")
		runtime.Goexit()
	}
}

const (
	panics = 106 // with the bits that sometimes() asks for
	exits  = 206
)

// caught recovers from what f does, in a frame of its own.
//
//go:noinline
func caught(f func()) {
	at("open")
	defer rescue()
	f()
}

// own recovers in the frame that panics, where a deferred call is left.
//
//go:noinline
func own(n int) {
	at("open")
	defer first()
	at("open")
	defer rescue()
	at("open")
	defer second()
	work(n)
}

// nested panics in a deferred function while it panics.
//
//go:noinline
func nested() {
	at("open")
	defer rescue()
	at("open")
	defer func() {
		ran()
		inner(panics)
	}()
	work(panics)
}

//go:noinline
func inner(n int) {
	at("open")
	defer second()
	work(n)
}

func all(t *thing) {
	one(0)
	eight(1, second, t)
	for n := 0; n < 8; n++ {
		sometimes(n)
	}
	twice(3)
	twice(4)
	nothingElse(first)
	each(4, func(int) { ran() })
	each("x", func(string) { ran() })
	down(3)
	loop(3)
	caught(func() { one(panics) })
	caught(func() { eight(panics, second, t) })
	caught(func() { sometimes(panics) })
	caught(func() { down(2); twice(panics) })
	caught(func() { loop(panics - 100); loop(2); work(panics) })
	ranges(0)
	caught(func() { ranges(panics) })
	own(0)
	own(panics)
	nested()
}

// park waits for ever with deferred calls.
//
//go:noinline
func park(ready chan int) {
	for i := 0; i < 2; i++ {
		at("heap")
		defer first()
	}
	at("stack")
	defer second()
	ready <- 1
	<-ready
}

// wait waits for ever, called by somebody who has open-coded calls to make, too.
//
//go:noinline
func wait(n int, ready chan int) {
	at("open")
	defer first()
	if n > 100 {
		at("open")
		defer second()
	}
	park(ready)
	at("open")
	defer second()
	work(1)
}

//go:noinline
func leave(n int, f func()) {
	at("open")
	defer first()
	if n > 100 {
		at("open")
		defer second()
	}
	down(1)
	if n > 0 {
		f()
	}
	at("open")
	defer second()
	work(1)
}

func main() {
	times, _ := strconv.Atoi(os.Args[1])
	var done sync.WaitGroup
	by("ran")
	for g := 0; g < 3; g++ {
		done.Add(1)
		go func(g int) {
			t := &thing{g}
			by("ran")
			for i := 0; i < times; i++ {
				all(t)
			}
			done.Done()
			if g == 1 {
				eight(exits, second, t)
			}
		}(g)
	}
	done.Wait()
	for runtime.NumGoroutine() > 1 {
		time.Sleep(time.Millisecond)
	}
	ready := make(chan int)
	go func() {
		by("ran")
		wait(1, ready)
	}()
	<-ready
	time.Sleep(10 * time.Millisecond)
	end := map[string]func(){
		"exit":  func() { os.Exit(0) },
		"fatal": func() { new(sync.Mutex).Unlock() },
	}[os.Args[2]]
	if end == nil {
		leave(0, nil)
		say("exit %s", goid())
		return
	}
	leave(1, func() {
		say("exit %s", goid())
		end()
	})
}
