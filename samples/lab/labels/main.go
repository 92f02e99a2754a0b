// SPDX-License-Identifier: GPL-2.0-only

// Goroutines that carry profiler labels, and a log of which one carried what from when on.
//
// A line of the log, on stdout:
//
//	GOID HOW BEFORE AFTER [KEY=VALUE]...
//
// HOW is set (the goroutine changed its labels) or begin (its first deed; these are what it was born
// with). BEFORE and AFTER are times of CLOCK_MONOTONIC in ns, around the change. Keys and values are hex
// digits, "-" for an empty one. The argument is how many requests to serve.
package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"sort"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

var (
	out  = bufio.NewWriter(os.Stdout)
	lock sync.Mutex
)

func now() int64 {
	var t syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, 1, uintptr(unsafe.Pointer(&t)), 0)
	return t.Nano()
}

func goid() string {
	var buf [64]byte
	text := bytes.TrimPrefix(buf[:runtime.Stack(buf[:], false)], []byte("goroutine "))
	return string(text[:bytes.IndexByte(text, ' ')])
}

func hex(s string) string {
	if s == "" {
		return "-"
	}
	return fmt.Sprintf("%x", s)
}

func tell(how string, before, after int64, ctx context.Context) {
	var pairs []string
	pprof.ForLabels(ctx, func(key, value string) bool {
		pairs = append(pairs, " "+hex(key)+"="+hex(value))
		return true
	})
	sort.Strings(pairs)
	id := goid()
	lock.Lock()
	defer lock.Unlock()
	fmt.Fprintf(out, "%s %s %d %d%s\n", id, how, before, after, strings.Join(pairs, ""))
}

// What pprof.Do does, told: its last deed is to give the goroutine the outer context's labels.
func do(ctx context.Context, labels pprof.LabelSet, f func(context.Context)) {
	before := now()
	var inside, outside int64
	pprof.Do(ctx, labels, func(ctx context.Context) {
		inside = now()
		tell("set", before, inside, ctx)
		f(ctx)
		outside = now()
	})
	tell("set", outside, now(), ctx)
}

func set(ctx context.Context) {
	before := now()
	pprof.SetGoroutineLabels(ctx)
	tell("set", before, now(), ctx)
}

// Starts a goroutine that is born with the labels of ctx, and waits for it.
func start(ctx context.Context, f func(context.Context)) {
	var done sync.WaitGroup
	done.Add(1)
	before := now()
	go func() {
		defer done.Done()
		tell("begin", before, now(), ctx)
		f(ctx)
	}()
	done.Wait()
}

func nothing(context.Context) {}

func many(n int) pprof.LabelSet {
	var args []string
	for i := 1; i <= n; i++ {
		args = append(args, fmt.Sprintf("key%d", i), fmt.Sprintf("value %d of %d", i, n))
	}
	return pprof.Labels(args...)
}

func recovers(context.Context) {
	defer func() { recover() }()
	panic("in a labelled goroutine")
}

func odd() pprof.LabelSet {
	return pprof.Labels("", "an empty key", "empty", "", "schlüssel", "größe 漢字 \U0001f600", "quotes", `'"\`,
		"control", "a\nb\tc\x01", "not UTF-8", "\xff\xfe\x80", "NUL", "a\x00b")
}

func long() pprof.LabelSet {
	return pprof.Labels("v63", strings.Repeat("v", 63), "v64", strings.Repeat("w", 64), "v65", strings.Repeat("x", 65),
		"v500", strings.Repeat("y", 500), strings.Repeat("k", 32), "a key of 32 bytes", strings.Repeat("l", 33),
		"a key of 33 bytes")
}

// A character of 3 bytes lies across every multiple of 8.
func wide() pprof.LabelSet {
	return pprof.Labels(strings.Repeat("漢", 30), strings.Repeat("字", 30))
}

func request(ctx context.Context, number int) {
	trace := pprof.Labels("trace_id", fmt.Sprintf("%032x", number+1))
	do(ctx, trace, func(ctx context.Context) {
		do(ctx, pprof.Labels("span_id", fmt.Sprintf("%016x", number+1)), func(ctx context.Context) {
			runtime.Gosched()
			start(ctx, nothing)
		})
	})
}

func main() {
	requests := 20
	if len(os.Args) > 1 {
		requests, _ = strconv.Atoi(os.Args[1])
	}
	none := context.Background()
	start(none, nothing)
	do(none, pprof.Labels("one", "1"), func(ctx context.Context) {
		do(ctx, pprof.Labels("two", "2"), nothing)
		do(ctx, pprof.Labels("one", "another"), nothing)
		do(ctx, pprof.Labels(), nothing)
		start(ctx, func(ctx context.Context) {
			start(ctx, func(ctx context.Context) { do(ctx, pprof.Labels("three", "3"), recovers) })
			set(none)
			start(none, nothing)
		})
		runtime.GC() // its workers are the runtime's own, and inherit nothing
		done := make(chan bool)
		before := now()
		time.AfterFunc(time.Millisecond, func() { // born of the scheduler, not of this goroutine
			tell("begin", before, now(), none)
			close(done)
		})
		<-done
	})
	do(none, pprof.Labels(), nothing)
	set(pprof.WithLabels(none, pprof.Labels("stays", "until it is taken away")))
	start(pprof.WithLabels(none, pprof.Labels("stays", "until it is taken away")), nothing)
	set(none)
	for n := 1; n <= 9; n++ {
		do(none, many(n), func(ctx context.Context) { start(ctx, nothing) })
	}
	do(none, odd(), func(ctx context.Context) { start(ctx, nothing) })
	do(none, long(), nothing)
	do(none, wide(), nothing)

	var served sync.WaitGroup
	for n := 0; n < requests; n++ {
		served.Add(1)
		go func(n int) {
			defer served.Done()
			tell("begin", 0, now(), none)
			request(none, n)
		}(n)
		if n%8 == 7 {
			served.Wait()
		}
	}
	served.Wait()
	out.Flush()
}
