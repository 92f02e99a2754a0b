// A program that panics in all the ways there are, and logs what it does as it does it:
//
//	raise GOID NUMBER TYPE TEXT	a panic is about to rise: its value, as fmt and strconv write it
//	error GOID NUMBER		the same of one that the Go runtime raises
//	typed GOID NUMBER TYPE TEXT	what a recover() got of such a one
//	end GOID NUMBER OUTCOME BY IN DROPPED NESTED	what became of it
//	runtime 1.MINOR
//
// NUMBER counts the panics of a goroutine. BY is the function whose deferred call recovered it, IN the
// one that called recover(), DROPPED whether that looked at the value (1: it did not, -: not to be seen
// in its code), NESTED the number of the panic during which it rose; 0: none. TEXT is quoted, or -.
//
// With an argument, it ends as that says.
package main

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"sort"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

func goid() int {
	buf := make([]byte, 64)
	words := strings.Fields(string(buf[:runtime.Stack(buf, false)]))
	n, _ := strconv.Atoi(words[1])
	return n
}

func say(format string, args ...interface{}) {
	syscall.Write(1, []byte(fmt.Sprintf(format, args...)+"\n"))
}

// What a goroutine tells of its panics.
type teller struct{ goid, n int }

// Of the main goroutine, which panics in init and perhaps once more at the end.
var ofMain = &teller{goid: goid()}

func begin() *teller {
	if n := goid(); n != ofMain.goid {
		return &teller{goid: n}
	}
	return ofMain
}

func text(v interface{}) string {
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.String:
		return strconv.Quote(r.String())
	case reflect.Bool:
		return strconv.Quote(strconv.FormatBool(r.Bool()))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.Quote(strconv.FormatInt(r.Int(), 10))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.Quote(strconv.FormatUint(r.Uint(), 10))
	}
	switch typeOf(v) {
	case "*errors.errorString", "*fmt.wrapError":
		return strconv.Quote(v.(error).Error())
	}
	return "-"
}

func typeOf(v interface{}) string {
	if v == nil {
		return "nil"
	}
	return strings.ReplaceAll(fmt.Sprintf("%T", v), " ", "_")
}

func (t *teller) raise(v interface{}) {
	t.n++
	say("raise %d %d %s %s", t.goid, t.n, typeOf(v), text(v))
}

func (t *teller) fault() {
	t.n++
	say("error %d %d", t.goid, t.n)
}

func (t *teller) typed(v interface{}) {
	say("typed %d %d %s %s", t.goid, t.n, typeOf(v), text(v))
}

func (t *teller) end(n int, outcome, by, in, dropped string, nested int) {
	say("end %d %d %s %s %s %s %d", t.goid, n, outcome, by, in, dropped, nested)
}

func (t *teller) recovered(n int, by, in, dropped string, nested int) {
	t.end(n, "recovered", by, in, dropped, nested)
}

// ---- values -------------------------------------------------------------------------------------

type label string
type count uint16
type pair struct{ a, b int }
type fault struct{ code int }

func (f *fault) Error() string { return "fault " + strconv.Itoa(f.code) }

var sink int
var calm = errors.New("calm")

//go:noinline
func values(t *teller, v interface{}) {
	defer t.recovered(t.n+1, "main.catch", "main.catch.func1", "0", 0)
	catch(t, v)
}

//go:noinline
func catch(t *teller, v interface{}) {
	defer func() {
		if r := recover(); r != nil {
			sink++
		}
	}()
	t.raise(v)
	panic(v)
}

func allValues() {
	t := begin()
	// 64 bytes are recorded; the 64th is the first half of a character.
	long := strings.Repeat("0123456789", 6) + "abc" + "é is cut here"
	for _, v := range []interface{}{
		"a constant", "made " + strconv.Itoa(t.goid), "", "tab\t and é", long, label("named"), true, false,
		-5, int8(-128), int16(-300), int32(7), int64(-1) << 62, uint(3), uint8(200), uint16(65535), uint32(1) << 31,
		^uint64(0), uintptr(4096), count(9), 2.5, pair{1, 2}, &pair{3, 4}, []int{1}, map[string]int{"a": 1},
		func() {}, make(chan int), [3]int{1, 2, 3}, struct{}{}, &fault{3}, calm, errors.New("an error"),
		fmt.Errorf("wrapped: %w", calm), struct{ error }{calm}, complex(1, 2),
	} {
		values(t, v)
	}
}

// ---- who recovers -------------------------------------------------------------------------------

//go:noinline
func bare(t *teller) {
	defer func() { recover() }()
	t.raise("bare")
	panic("bare")
}

//go:noinline
func blank(t *teller) {
	defer func() { _ = recover() }()
	t.raise("blank")
	panic("blank")
}

//go:noinline
func handle(v interface{}) {
	if v != nil {
		sink++
	}
}

//go:noinline
func hands(t *teller) {
	defer func() { handle(recover()) }()
	t.raise("handed on")
	panic("handed on")
}

//go:noinline
func drop() { recover() }

//go:noinline
func named(t *teller) {
	defer drop()
	t.raise("dropped by a named function")
	panic("dropped by a named function")
}

//go:noinline
func (t *teller) drop() {
	recover()
	sink += t.n
}

//go:noinline
func method(t *teller) {
	defer t.drop()
	t.raise("dropped by a method")
	panic("dropped by a method")
}

//go:noinline
func inVain() {
	if recover() != nil {
		panic("a recover() in a helper took effect")
	}
}

// A helper calls recover() before and after the one that counts.
//
//go:noinline
func helped(t *teller) {
	defer func() {
		inVain()
		r := recover()
		inVain()
		if r != "helped" {
			say("wrong: %v", r)
		}
	}()
	t.raise("helped")
	panic("helped")
}

//go:noinline
func further(t *teller) {
	defer func() {
		if recover() == nil {
			say("wrong: nothing recovered")
		}
	}()
	defer inVainly()
	deep(t, 100)
}

// It calls nothing but a helper, so that its panic goes on.
//
//go:noinline
func inVainly() { inVain() }

//go:noinline
func deep(t *teller, n int) int {
	defer func() { sink++ }()
	if n == 0 {
		t.raise("deep")
		panic("deep")
	}
	return deep(t, n-1) + 1
}

func saviours() {
	t := begin()
	bare(t)
	t.recovered(t.n, "main.bare", "main.bare.func1", "1", 0)
	blank(t)
	t.recovered(t.n, "main.blank", "main.blank.func1", "1", 0)
	hands(t)
	t.recovered(t.n, "main.hands", "main.hands.func1", "-", 0)
	named(t)
	t.recovered(t.n, "main.named", "main.drop", "1", 0)
	method(t)
	t.recovered(t.n, "main.method", "main.(*teller).drop", "1", 0)
	helped(t)
	t.recovered(t.n, "main.helped", "main.helped.func1", "0", 0)
	further(t)
	t.recovered(t.n, "main.further", "main.further.func1", "0", 0)
	sorted(t)
	t.recovered(t.n, "main.sorted", "main.sorted.func1", "0", 0)
}

//go:noinline
func sorted(t *teller) {
	defer func() {
		if recover() == nil {
			say("wrong: nothing recovered")
		}
	}()
	sort.Slice([]int{2, 1}, func(i, j int) bool {
		t.raise("in a callback")
		panic("in a callback")
	})
}

// ---- panics in panics ---------------------------------------------------------------------------

//go:noinline
func inner(t *teller, nested int) {
	defer func() {
		if r := recover(); r != "inner" {
			say("wrong: %v", r)
		}
	}()
	t.raise("inner")
	panic("inner")
}

// The deferred call panics and recovers that itself; then the first is recovered.
//
//go:noinline
func inside(t *teller) {
	defer func() {
		if r := recover(); r != "outer" {
			say("wrong: %v", r)
		}
	}()
	defer func() {
		inner(t, t.n)
		t.recovered(t.n, "main.inner", "main.inner.func1", "0", t.n-1)
	}()
	t.raise("outer")
	panic("outer")
}

//go:noinline
func replaced(t *teller) {
	defer func() {
		if r := recover(); r != "second" {
			say("wrong: %v", r)
		}
	}()
	defer func() {
		t.raise("second")
		panic("second")
	}()
	t.raise("first")
	panic("first")
}

// The same value once more: the first is never recovered, as its deferred call does not return.
//
//go:noinline
func again(t *teller) {
	defer func() {
		if r := recover(); r != "again" {
			say("wrong: %v", r)
		}
	}()
	again1(t)
}

//go:noinline
func again1(t *teller) {
	defer func() {
		r := recover()
		t.raise(r)
		panic(r)
	}()
	t.raise("again")
	panic("again")
}

// The same value, but after the first is over: two panics one after the other.
//
//go:noinline
func later(t *teller) {
	defer func() {
		if r := recover(); r != "later" {
			say("wrong: %v", r)
		}
	}()
	r := later1(t)
	t.recovered(t.n, "main.later1", "main.later1.func1", "0", 0)
	t.raise(r)
	panic(r)
}

//go:noinline
func later1(t *teller) (r interface{}) {
	defer func() { r = recover() }()
	t.raise("later")
	panic("later")
}

const tower = 100

//go:noinline
func nested(t *teller) {
	defer func() {
		if r := recover(); r != tower {
			say("wrong: %v", r)
		}
	}()
	storey(t, 1)
}

//go:noinline
func storey(t *teller, n int) {
	defer func() {
		if n < tower {
			storey(t, n+1)
		}
	}()
	t.raise(n)
	panic(n)
}

func panicsInPanics() {
	t := begin()
	inside(t)
	t.recovered(t.n-1, "main.inside", "main.inside.func1", "0", 0)
	replaced(t)
	t.end(t.n-1, "superseded", "-", "-", "-", 0)
	t.recovered(t.n, "main.replaced", "main.replaced.func1", "0", t.n-1)
	again(t)
	t.end(t.n-1, "superseded", "-", "-", "-", 0)
	t.recovered(t.n, "main.again", "main.again.func1", "0", t.n-1)
	later(t)
	t.recovered(t.n, "main.later", "main.later.func1", "0", 0)
	first := t.n
	nested(t)
	for i := 1; i < tower; i++ {
		t.end(first+i, "superseded", "-", "-", "-", (first+i-1)*bit(i > 1))
	}
	t.recovered(t.n, "main.nested", "main.nested.func1", "0", t.n-1)
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// ---- Goexit -------------------------------------------------------------------------------------

// Goexit in a deferred call gives the panic up, and a recover() after it gets nothing.
func exitInPanic() {
	t := begin()
	defer t.end(1, "goexit", "-", "-", "-", 0)
	defer func() {
		if r := recover(); r != nil {
			say("wrong: %v", r)
		}
	}()
	defer runtime.Goexit()
	t.raise("given up")
	panic("given up")
}

// A panic while Goexit runs the deferred calls, recovered: Goexit goes on.
func panicInExit() {
	t := begin()
	defer t.recovered(1, "main.panicInExit", "main.panicInExit.func1", "0", 0)
	defer func() {
		if r := recover(); r != "on the way out" {
			say("wrong: %v", r)
		}
	}()
	defer func() {
		t.raise("on the way out")
		panic("on the way out")
	}()
	runtime.Goexit()
}

// The same, recovered by the deferred call itself.
func panicInsideExit() {
	t := begin()
	defer func() {
		inner(t, 0)
		t.recovered(t.n, "main.inner", "main.inner.func1", "0", 0)
	}()
	runtime.Goexit()
}

// ---- the runtime's own --------------------------------------------------------------------------

var (
	nowhere *pair
	nomap   map[string]int
	three               = []int{1, 2, 3}
	number  interface{} = 5
	five                = 5
	zero                = 0
)

//go:noinline
func runtimeError(t *teller, n int) {
	defer func() {
		r := recover()
		t.typed(r)
	}()
	closed := make(chan int)
	close(closed)
	t.fault()
	switch n {
	case 0:
		nomap["a"] = 1
	case 1:
		nowhere.b = 3
	case 2:
		three[five] = 1
	case 3:
		sink = five / zero
	case 4:
		sink = len(number.(string))
	case 5:
		close(closed)
	case 6:
		three = three[five:]
	case 7:
		three = make([]int, zero-1)
	}
}

func runtimeErrors() {
	t := begin()
	for n := 0; n < 8; n++ {
		runtimeError(t, n)
		t.recovered(t.n, "main.runtimeError", "main.runtimeError.func1", "0", 0)
	}
	nothing(t)
	t.recovered(t.n, "main.nothing", "main.nothing.func1", "1", 0)
}

//go:noinline
func nothing(t *teller) {
	defer func() { recover() }()
	t.raise(nil)
	panic(nil)
}

// ---- many at once -------------------------------------------------------------------------------

func many() {
	t := begin()
	for i := 0; i < 20; i++ {
		v := t.goid*1000 + i
		catch(t, v)
		t.recovered(t.n, "main.catch", "main.catch.func1", "0", 0)
		if i%4 == 0 {
			runtime.Gosched()
		}
	}
}

// ---- the end ------------------------------------------------------------------------------------

//go:noinline
func grow(n int) int { return grow(n+1) + 1 }

var started = make(chan *teller, 2)

func die(how string) {
	switch how {
	case "panic":
		t := begin()
		t.raise("the end")
		panic("the end")
	case "error":
		t := begin()
		err := fmt.Errorf("the end: %w", calm)
		t.raise(err)
		panic(err)
	case "nested":
		t := begin()
		defer func() {
			t.raise(2)
			panic(2)
		}()
		t.raise(1)
		panic(1)
	case "goroutine":
		go die("panic")
		time.Sleep(time.Minute)
	case "unlock":
		say("gives up %d", goid())
		var mu sync.Mutex
		mu.Unlock()
	case "recovered":
		// A fatal error in a deferred call: the panic's recover() never comes.
		t := begin()
		defer func() { recover() }()
		defer die("unlock")
		t.raise("not in time")
		panic("not in time")
	case "overflow":
		say("gives up %d", goid())
		debug.SetMaxStack(1 << 20)
		sink = grow(0)
	case "deadlock":
		say("gives up -")
		select {}
	case "two":
		go die("panic")
		die("error")
	}
}

func init() {
	t := begin()
	bare(t)
	t.recovered(t.n, "main.bare", "main.bare.func1", "1", 0)
}

func main() {
	syscall.Dup2(1, 2)
	say("runtime %s", runtime.Version())
	var wg sync.WaitGroup
	run := func(f func()) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			f()
		}()
	}
	for _, f := range []func(){allValues, saviours, panicsInPanics, exitInPanic, panicInExit, panicInsideExit, runtimeErrors} {
		run(f)
		wg.Wait()
	}
	for i := 0; i < 40; i++ {
		run(many)
	}
	wg.Wait()
	if len(os.Args) > 1 {
		die(os.Args[1])
	}
}
