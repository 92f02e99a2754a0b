//go:build go1.23

package main

// rangeDefers defers in the body of a range over a function: the records are
// pushed by the body, on behalf of the function around it.
//
//go:noinline
func rangeDefers(j *journal, n int) {
	for range upTo(n) {
		j.n[defersRange]++
		defer ran(j)
	}
	j.log("defers.range", n)
}

// upTo is not inlined, or else its loop, and with it the kind of the defers,
// would depend on the compiler.
//
//go:noinline
func upTo(n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for i := 0; i < n; i++ {
			if !yield(i) {
				return
			}
		}
	}
}
