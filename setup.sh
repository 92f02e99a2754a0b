#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Installs what building and testing gotrace needs and this machine lacks: ./setup.sh [demo|check|ci]
#
# demo    what the build and the demonstration need (the default)
# check   and what the tests need
# ci      and the second compiler, clang-format, perf, and Go in several releases
#
# Packages come from apt (as root or through sudo). libperf is in no Debian package: where
# pkg-config does not know it, it is built from the distribution's kernel source into .deps/.
# Whatever is there already is left alone; when nothing is missing, nothing is done and no
# network is touched.
#
# LINUX_SOURCE=FILE-or-FOLDER builds libperf from that kernel source (a linux-*.tar.* or an
# unpacked tree) instead, which is the way on distributions without a linux-source package.
set -eu
cd "$(dirname "$0")"

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

what=${1:-demo}

# PACKAGE or PACKAGE:COMMAND, where a command of that name from anywhere will do.
packages="gcc:gcc make:make pkg-config:pkg-config libc6-dev libtraceevent-dev libdw-dev libelf-dev
	libsqlite3-dev libzstd-dev libcapstone-dev xz-utils:xz"
case $what in
demo) ;;
check) packages="$packages libcmocka-dev python3:python3 sqlite3:sqlite3" ;;
ci) packages="$packages libcmocka-dev python3:python3 sqlite3:sqlite3 clang:clang
	clang-format:clang-format linux-perf:perf golang-go:go libclang-rt-14-dev
	groff-base:groff" ;;
*) die "usage: ./setup.sh [demo|check|ci]" ;;
esac

have_libperf() { { have pkg-config && pkg-config --exists libperf; } || [ -f .deps/lib/libperf.a ]; }

installed() {
	case $1 in
	*:*) have "${1#*:}" && return ;;
	esac
	[ "$(dpkg-query -W -f '${db:Status-Status}' "${1%%:*}" 2>/dev/null)" = installed ]
}

# Another make in the same folder may be at it too.
if [ "${GOTRACE_SETUP_LOCKED:-}" != 1 ] && have flock; then
	GOTRACE_SETUP_LOCKED=1
	export GOTRACE_SETUP_LOCKED
	exec flock ./setup.sh sh ./setup.sh "$what"
fi

if have apt-get && have dpkg-query; then
	missing=
	for p in $packages; do
		installed "$p" || missing="$missing ${p%%:*}"
	done
	# Kernel source is needed once, to build libperf.
	if ! have_libperf && [ -z "${LINUX_SOURCE:-}" ] && ! installed linux-source; then
		missing="$missing linux-source"
	fi
	if [ -n "$missing" ]; then
		if [ "$(id -u)" = 0 ]; then
			as_root=env
		elif have sudo; then
			as_root="sudo env"
		else
			die "as root, run: apt-get install --no-install-recommends$missing"
		fi
		say "installing with apt:$missing"
		apt="$as_root DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300"
		log=$(mktemp)
		trap 'rm -f "$log"' EXIT
		$apt update >"$log" 2>&1 || say "apt-get update failed; trying with the lists at hand"
		# shellcheck disable=SC2086
		$apt install -y --no-install-recommends $missing >"$log" 2>&1 || {
			cat "$log" >&2
			die "apt-get could not install:$missing"
		}
		rm -f "$log"
		trap - EXIT
	fi
else
	missing=
	for p in libtraceevent libdw libelf sqlite3 libzstd capstone; do
		{ have pkg-config && pkg-config --exists $p; } || missing="$missing $p"
	done
	have xz || missing="$missing xz"
	if [ "$what" != demo ]; then
		[ -e /usr/include/cmocka.h ] || { have pkg-config && pkg-config --exists cmocka; } || missing="$missing cmocka"
		have python3 || missing="$missing python3"
		have sqlite3 || missing="$missing sqlite3"
	fi
	if [ -n "$missing" ]; then
		die "this is not a Debian; please install (README.md has the package names):$missing"
	fi
fi

# The releases that the programs of samples/lab are built with. From 1.21 on go fetches others through the
# module proxy; without a network, or with an older go, there is one release less to test with.
if [ "$what" = ci ] && have go; then
	for release in go1.19.13 go1.22.12 go1.26.0 go1.27.0; do
		case $(go version) in
		*" ${release%.*}".* | *" ${release%.*} "*) continue ;;
		esac
		case $(GOTOOLCHAIN=$release GOFLAGS= go version 2>/dev/null) in
		*" $release "*) ;;
		*) say "$release cannot be had here: the tests go without it" ;;
		esac
	done
fi

have_libperf && exit 0

# libperf, from the kernel's own source
source=${LINUX_SOURCE:-}
if [ -z "$source" ]; then
	for source in /usr/src/linux-source-*.tar.*; do :; done # the last one is the newest
fi
[ -e "$source" ] || die "libperf is not there, nor kernel source to build it from: set LINUX_SOURCE=linux-6.x.tar.xz"

say "building libperf from $source into .deps/ (once)"
work=$(mktemp -d ./.deps.XXXXXX)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

if [ -d "$source" ]; then
	mkdir "$work/src"
	for d in lib include build scripts arch; do
		mkdir -p "$work/src/tools"
		cp -R "$source/tools/$d" "$work/src/tools/"
	done
else
	mkdir "$work/src"
	tar -C "$work/src" --strip-components=1 --wildcards -xf "$source" \
		'*/tools/lib' '*/tools/include' '*/tools/build' '*/tools/scripts' '*/tools/arch' ||
		die "$source: cannot be unpacked"
fi

# The tree sees no variable of the make that called us.
env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS -u MAKEOVERRIDES -u CFLAGS -u LDFLAGS -u CC -u BUILD -u V -u O \
	make -C "$work/src/tools/lib/perf" >"$work/log" 2>&1 || {
	cat "$work/log" >&2
	die "libperf could not be built"
}
libapi=$(find "$work/src" -name libapi.a | head -n 1)
[ -n "$libapi" ] || die "$source: its libperf was built without libapi.a; 6.1 is known to work"
mkdir -p "$work/out/lib" "$work/out/include/perf"
cp "$work/src/tools/lib/perf/libperf.a" "$libapi" "$work/out/lib/"
cp "$work"/src/tools/lib/perf/include/perf/*.h "$work/out/include/perf/"
rm -rf .deps
mv "$work/out" .deps
say "libperf is ready"
