// SPDX-License-Identifier: GPL-2.0-only

//go:build !go1.23

package main

func ranges(n int) {
	work(n)
}
