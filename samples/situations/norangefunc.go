//go:build !go1.23

package main

// rangeDefers needs range over functions, which came with Go 1.23.
func rangeDefers(j *journal, n int) {}
