// SPDX-License-Identifier: GPL-2.0-only

//go:build go1.23

package main

//go:noinline
func upTo(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := 0; i < n && yield(i); i++ {
		}
	}
}

//go:noinline
func ranges(n int) {
	for range upTo(3) {
		at("range")
		defer first()
	}
	at("stack")
	defer second()
	work(n)
}
