//go:build !go1.23

package main

// pulls needs iter.Pull, which came with Go 1.23.
func pulls(self *journal) {}
