#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Shows gotrace on a recording that comes with it; "make demo" builds gotrace and runs this.
#
# In the recording a debugger had set two breakpoints in functions that are alike, and both were
# reached equally often. The debugger stopped at one of them only.
set -eu
cd "$(dirname "$0")"

: "${BUILD:=build}"
: "${GOTRACE:=$BUILD/gotrace}"
sample=samples/recordings/shadow
program=$(awk -F '\t' '$1 == "shadow" { print $3 }' samples/index.tsv)

# Short names to show: what is below this folder is named from here.
here=$(pwd)/
demo=${BUILD#"$here"}/demo
gotrace=${GOTRACE#"$here"}

mkdir -p "$demo"
xz -dc "$sample/perf.data.xz" >"$demo/shadow.data"
cp "$sample/perf.data.probes" "$demo/shadow.data.probes"
xz -dc "samples/bin/$program.xz" >"$demo/$program"

# show COMMAND...: prints it and runs it; an answer that something is missing is an answer.
show() {
	printf '\n$ %s\n' "$*"
	status=0
	"$@" || status=$?
	case $status in
	0 | 1 | 5) ;;
	*)
		echo "demo: exit status $status" >&2
		exit $status
		;;
	esac
}

# The breakpoints are those that the debugger was told of.
specs=$(sed -n 's/^# .*: break //p' "$sample/perf.cmd")

show "$gotrace" ingest --binary "$demo/$program" "$demo/shadow.data"
# shellcheck disable=SC2086
show "$gotrace" explain -i "$demo/shadow.db" $specs
