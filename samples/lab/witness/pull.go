//go:build go1.23

package main

import "iter"

// pulls: a coroutine, which hands its thread over without the scheduler.
func pulls() {
	for more() {
		next, stop := iter.Pull(func(yield func(int) bool) {
			for i := 0; i < 8 && yield(i); i++ {
				spin(1000)
			}
		})
		for _, ok := next(); ok; _, ok = next() {
			spin(1000)
		}
		stop()
		nap(4700)
	}
}
