// Command witness does all sorts of scheduling while the runtime's own tracer
// writes it down: `witness FILE` writes the execution trace into FILE, and on
// standard output the moments between which the tracer was there.
//
// Each kind of waiting has a goroutine or two of its own, and a rhythm of its
// own, so that every pair of states follows each other somewhere.
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"runtime/trace"
	"sync"
	"syscall"
	"time"
)

const long = 300 * time.Millisecond

var (
	end  time.Time
	sink [][]byte
)

func main() {
	file, err := os.Create(os.Args[1])
	check(err)
	runtime.GOMAXPROCS(2)
	check(trace.Start(file))
	end = time.Now().Add(long)
	var wg sync.WaitGroup
	for _, part := range []func(){
		channels, unbuffered, selects, mutexes, conditions, sleepers, timers, network, pipes, blockedInTheKernel,
		yields, tight, tight, deepStacks, shortLives, lockedThread, garbage, collections, recovers, exits, files, pulls,
	} {
		wg.Add(1)
		go func(part func()) {
			defer wg.Done()
			part()
		}(part)
	}
	wg.Wait()
	trace.Stop()
	check(file.Close())
	fmt.Printf("# pid %d go %s\n", os.Getpid(), runtime.Version())
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "witness:", err)
		os.Exit(1)
	}
}

func more() bool { return time.Now().Before(end) }

func nap(us int) { time.Sleep(time.Duration(us) * time.Microsecond) }

// ---- waiting for each other ---------------------------------------------------

// channels: a producer that is faster than its consumer, and the buffer full.
func channels() {
	c := make(chan int, 4)
	go func() {
		defer close(c)
		for i := 0; more(); i++ {
			c <- i
			if i%8 == 0 {
				nap(300)
			}
		}
	}()
	for range c {
		spin(2000)
	}
}

// unbuffered: two goroutines that hand a ball to and fro, and rest.
func unbuffered() {
	to, fro := make(chan int), make(chan int)
	go func() {
		defer close(fro)
		for n := range to {
			fro <- n + 1
		}
	}()
	for n := 0; more(); {
		for i := 0; i < 10; i++ {
			to <- n
			n = <-fro
		}
		nap(1500)
	}
	close(to)
	<-fro
}

func selects() {
	a, b, quit := make(chan int), make(chan int), make(chan bool)
	for _, c := range []chan int{a, b} {
		go func(c chan int) {
			for {
				select {
				case c <- 1:
				case <-quit:
					return
				}
			}
		}(c)
	}
	for more() {
		select {
		case <-a:
			nap(700)
		case <-b:
			nap(500)
		case <-time.After(time.Millisecond):
		}
	}
	close(quit)
}

func mutexes() {
	var mu sync.RWMutex
	var wg sync.WaitGroup
	for i := 0; i < 4; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			for more() {
				if i == 0 {
					mu.Lock()
					nap(900)
					mu.Unlock()
				} else {
					mu.RLock()
					nap(200)
					mu.RUnlock()
				}
				spin(5000)
			}
		}(i)
	}
	wg.Wait()
}

func conditions() {
	var mu sync.Mutex
	cond := sync.NewCond(&mu)
	done, ready := false, 0
	var wg sync.WaitGroup
	for i := 0; i < 3; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			mu.Lock()
			defer mu.Unlock()
			for !done {
				cond.Wait()
				ready++
			}
		}()
	}
	for i := 0; more(); i++ {
		nap(600)
		mu.Lock()
		if i%2 == 0 {
			cond.Signal()
		} else {
			cond.Broadcast()
		}
		mu.Unlock()
	}
	mu.Lock()
	done = true
	cond.Broadcast()
	mu.Unlock()
	wg.Wait()
}

// ---- waiting for time -----------------------------------------------------------

func sleepers() {
	for i := 0; more(); i++ {
		nap(100 + i%7*400)
	}
}

func timers() {
	t := time.NewTicker(2 * time.Millisecond)
	defer t.Stop()
	for more() {
		<-t.C
		fired := make(chan bool)
		time.AfterFunc(300*time.Microsecond, func() { close(fired) })
		<-fired
	}
}

// ---- waiting for the kernel -------------------------------------------------------

func network() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	go func() {
		c, err := l.Accept()
		check(err)
		io.Copy(c, c)
		c.Close()
	}()
	c, err := net.Dial("tcp", l.Addr().String())
	check(err)
	for word := make([]byte, 16); more(); {
		c.Write(word)
		io.ReadFull(c, word)
		nap(1100)
	}
	c.Close()
	l.Close()
}

// pipes: the poller waits for them, not a thread.
func pipes() {
	r, w, err := os.Pipe()
	check(err)
	go func() {
		for more() {
			w.Write([]byte("x"))
			nap(1300)
		}
		w.Close()
	}()
	io.Copy(io.Discard, r)
	r.Close()
}

// blockedInTheKernel: a read that keeps its thread, for so long that sysmon
// takes the processor from it.
func blockedInTheKernel() {
	var fd [2]int
	check(syscall.Pipe(fd[:]))
	go func() {
		for more() {
			nap(3700)
			syscall.Write(fd[1], []byte("x"))
		}
		syscall.Close(fd[1])
	}()
	for word := make([]byte, 1); ; {
		if n, _ := syscall.Read(fd[0], word); n <= 0 {
			break
		}
		spin(3000)
	}
	syscall.Close(fd[0])
}

// files: system calls that are over at once.
func files() {
	f, err := os.Open("/proc/self/stat")
	check(err)
	defer f.Close()
	for text := make([]byte, 512); more(); {
		for i := 0; i < 20; i++ {
			f.ReadAt(text, 0)
		}
		nap(2500)
	}
}

// ---- running ------------------------------------------------------------------------

func yields() {
	for more() {
		for i := 0; i < 20; i++ {
			runtime.Gosched()
		}
		nap(1900)
	}
}

// tight loops leave their thread only when they are made to.
func tight() {
	for i := 0; i < 3; i++ {
		spin(20000000)
		nap(8000)
	}
}

//go:noinline
func spin(n int) uint64 {
	x := uint64(1)
	for i := 0; i < n; i++ {
		x = x*6364136223846793005 + 1442695040888963407
	}
	return x
}

func deepStacks() {
	for more() {
		done := make(chan int)
		go func() { done <- deep(200) }()
		<-done
		nap(2900)
	}
}

//go:noinline
func deep(n int) int {
	var room [64]int
	if n > 0 {
		room[n%64] = deep(n - 1)
	}
	return room[n%64] + n
}

func shortLives() {
	for more() {
		var wg sync.WaitGroup
		for i := 0; i < 5; i++ {
			wg.Add(1)
			go func() {
				go spin(500)
				wg.Done()
			}()
		}
		wg.Wait()
		nap(4100)
	}
}

func lockedThread() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for more() {
		spin(10000)
		nap(3100)
	}
}

func garbage() {
	for i := 0; more(); i++ {
		sink = append(sink, make([]byte, 16<<10))
		if i%400 == 0 {
			sink = nil
			nap(900)
		}
	}
	sink = nil
}

func collections() {
	for more() {
		nap(60000)
		runtime.GC()
	}
}

// ---- ending ---------------------------------------------------------------------------

func recovers() {
	for more() {
		func() {
			defer func() { recover() }()
			panic("recovered")
		}()
		nap(5300)
	}
}

func exits() {
	for more() {
		done := make(chan bool)
		go func() {
			defer close(done)
			runtime.Goexit()
		}()
		<-done
		nap(6100)
	}
}
