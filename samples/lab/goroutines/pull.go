//go:build go1.23

package main

import (
	"iter"
	"runtime"
	"sync"
)

// pulls: two goroutines that take turns on one thread, without the scheduler.
func pulls(self *journal) {
	var wg sync.WaitGroup
	wg.Add(2)
	go puller(newborn(), &wg)
	go puller(newborn(), &wg)
	wg.Wait()
	self.note()
}

func puller(j *journal, wg *sync.WaitGroup) {
	defer wg.Done()
	j.begin()
	other := newborn()
	other.parent = 0 // it comes of no go statement
	next, stop := iter.Pull(func(yield func(int) bool) {
		other.begin()
		for i := 0; i < 20 && yield(i); i++ {
			spin(20)
			other.note()
		}
		runtime.Gosched()
		other.note()
		other.how = "return"
	})
	for _, more := next(); more; _, more = next() {
		spin(30)
		j.note()
	}
	stop()
	j.note()
	j.how = "return"
}
