#!/bin/bash
# record.sh - makes the recordings of this folder again.
#
#   ./record.sh                  all of them
#   ./record.sh shadow panics    only these
#   ./record.sh -l               their names
#   ./record.sh load             a big one for measurements, which is not kept
#
# Wants root, perf, tracefs, xz, python3, a built gotrace (GOTRACE) and Go (GO_NEW,
# any release from 1.21 on, which fetches the other releases and Delve through
# the module proxy; GO_OLD is Go 1.19). Everything happens in /tmp/gotrace-samples, the path that the
# recordings name; what is to be kept is then written to recordings/, bin/ and
# index.tsv beside this script.
set -eu -o pipefail

: "${GO_OLD:=/usr/lib/go-1.19/bin/go}"
: "${GO_NEW:=go}"
here=$(cd "$(dirname "$0")" && pwd)
: "${GOTRACE:=$here/../build/gotrace}"
work=/tmp/gotrace-samples
tracing=/sys/kernel/tracing
group=probe_situations
export GOMODCACHE=$work/mod GOFLAGS=-buildvcs=false GOWORK=off XDG_CONFIG_HOME=$work/config

say() { echo "== $*" >&2; }
die() { echo "record.sh: $*" >&2; exit 1; }

# ---- builds ------------------------------------------------------------------
# The source is built in $work, so that the binaries name no other folder.

build() { # NAME
	local out=$work/$1 flags=() tc=local go=$GO_OLD
	case $1 in
	*-1.19*) ;;
	*-1.24) go=$GO_NEW tc=go1.24.13 ;;
	*) go=$GO_NEW ;;
	esac
	case $1 in
	*-stripped) flags=("-ldflags=-s -w") ;;
	*-noopt) flags=("-gcflags=all=-N -l" -ldflags=-compressdwarf=false) ;;
	# xz does better on debug information that is not compressed already.
	*-1.24) flags=(-ldflags=-compressdwarf=false) ;;
	esac
	[ "$out" -nt "$here/situations/main.go" ] && [ "$out" -nt "$here/situations/journal.go" ] && return
	say "building $1"
	mkdir -p "$work/src"
	cp "$here"/situations/*.go "$here"/situations/go.mod "$work/src/"
	(cd "$work/src" && GOTOOLCHAIN=$tc nice "$go" build -p 1 "${flags[@]}" -o "$out" .)
	mkdir -p "$here/bin"
	xz -9e -c "$out" > "$here/bin/$1.xz"
}

# Each Delve knows the Go releases of its time: the newest refuses Go 1.19.
delve() { # GO VERSION
	dlv=$work/tools/delve-$2/dlv
	[ -x "$dlv" ] && return
	say "installing Delve $2"
	GOBIN=$(dirname "$dlv") GOTOOLCHAIN=auto nice "$1" install "github.com/go-delve/delve/cmd/dlv@$2"
}

line() { # MARK: the line of the program that carries it
	grep -n "// mark: $1\$" "$here/situations/main.go" | cut -d: -f1
}

# ---- probes ------------------------------------------------------------------

remove_probes() {
	local p
	sed -n "s/^[pr]:\($group\/[^ ]*\) .*/\1/p" $tracing/uprobe_events | while read -r p; do
		echo "-:$p" >> $tracing/uprobe_events
	done
}

# entry BINARY FUNCTION: where it begins in the file, by the symbol table
entry() {
	local addr load
	addr=0x$(nm "$1" | awk -v f="$2" '$3 == f { print $1 }')
	load=$(readelf -lW "$1" | awk '$1 == "LOAD" && / R E / { print $3 " - " $2 }')
	printf '0x%x' $((addr - load))
}

# place BINARY SPEC: where a debugger stops, in the file. gotrace itself would not
# put a probe there; some recordings are about what happens when somebody does.
place() {
	"$GOTRACE" probe --json --level minimal -b "$2" "$1" 2> probes.missing | python3 -c '
import json, sys
p = [p for p in json.load(sys.stdin)["probes"] if p["spec"]][0]
print(hex(p["place"] - p["pc"] + p["file_offset"]))'
}

# set_probes BINARY OPTIONS...: those of gotrace probe, and further ones into the kernel
#   -f EVENT=FUNCTION   at the entry of a function of the program
#   -l EVENT=FILE:LINE  at the place of a breakpoint
#   -twin BINARY        which has the symbols that BINARY lacks
set_probes() {
	local binary=$work/$1 twin=$work/$1 goid at l
	shift
	remove_probes
	"$GOTRACE" probe --level full --group $group "$binary" 2> probes.missing | grep -v '^#' > probes.wanted
	goid=$(sed -n 's/.*\/gopanic [^ ]* \(goid=[^ ]*\).*/\1/p' probes.wanted)
	while [ $# -gt 0 ]; do
		case $1 in
		-twin) twin=$2 ;;
		-f)
			at=$(entry "$twin" "${2#*=}")
			echo "p:$group/${2%%=*} $binary:$at $goid ret=+0(%sp):u64" >> probes.wanted
			;;
		-l)
			at=$(place "$binary" "${2#*=}")
			echo "p:$group/${2%%=*} $binary:$at $goid" >> probes.wanted
			;;
		*) die "set_probes: $1?" ;;
		esac
		shift 2
	done
	while read -r l; do
		echo "$l" >> $tracing/uprobe_events || die "the kernel refuses: $l"
	done < probes.wanted
	grep " $binary:" $tracing/uprobe_events > perf.data.probes
}

# ---- one recording --------------------------------------------------------------

# The frequency belongs to the clock alone. A global -F would thin the probes
# out too. --synth=task names the threads that are there already, and leaves
# out which files they have mapped.
common=(-N -k CLOCK_MONOTONIC --synth=task)
sched=sched:sched_switch,sched:sched_wakeup,sched:sched_waking,sched:sched_wakeup_new,sched:sched_migrate_task,sched:sched_process_fork,sched:sched_process_exec,sched:sched_process_exit
signal=signal:signal_generate,signal:signal_deliver
clock=cpu-clock/freq=999,name=cpu-clock/
events=(-e "$group:*" -e $sched -e $signal -e $clock)
chains=(--call-graph fp -m 4M)

breakme=(-f breakme=main.breakme -f control=main.control)
deferring=(-f openDefers=main.openDefers -f nineDefers=main.nineDefers -f ran=main.ran -f grow=main.grow)

begin() { # NAME BINARY
	name=$1 binary=$2
	say "$name"
	build "$binary"
	rm -rf "$work/run"
	mkdir -p "$work/run"
	cd "$work/run"
	: > perf.cmd
}

unquote() { # of what %q does too much
	sed 's/ $/\n/; s/\\,/,/g'
}

# run keeps the command line as it was given, and runs it. The program may end
# with any status: some situations are about that.
run() {
	printf '%q ' "$@" | unquote >> perf.cmd
	"$@" > stdout.log 2> stderr.log || true
}

# counted saves what the kernel itself counted, before the probes go away.
counted() {
	cat $tracing/uprobe_profile | grep " $group\|/$binary " | awk '{print $2, $3}' > uprobe_profile || true
	remove_probes
}

# reference has perf itself write what it sees in FILE: the counts, the
# attributes, and the events as text. Of more than 3,000 events, a seeded
# random choice of 1,000. The texts of a second file get SUFFIX.
reference() { # FILE [SUFFIX]
	local file=$1 of=${2:-} n
	local fields=comm,pid,tid,cpu,time,period,event,ip,sym,dso,trace
	local text=(perf script -i "$file" --ns --no-inline)
	perf evlist -v -i "$file" > "perf.evlist$of" 2> /dev/null
	if grep '^cpu-clock' "perf.evlist$of" | grep -q '|CPU|'; then
		text+=(-F $fields)
	else
		# Without -a a clock sample has no CPU, and perf script refuses to print it.
		text+=(-F trace:$fields -F sw:comm,pid,tid,time,period,event,ip,sym,dso)
	fi
	{
		echo "# What perf $(perf version | cut -d' ' -f3) reads in it:"
		echo "perf evlist -v -i $file > perf.evlist$of"
		echo "perf script -D -i $file | grep -aE 'PERF_RECORD_(LOST|THROTTLE|UNTHROTTLE)' > perf.lost$of"
		echo "${text[*]} | xz > perf.script$of.xz"
	} >> perf.cmd
	perf script -D -i "$file" 2> /dev/null | grep -aE 'PERF_RECORD_(LOST|THROTTLE|UNTHROTTLE)' > "perf.lost$of" || true
	"${text[@]}" > script.txt 2> /dev/null
	perf report --stats -i "$file" > "perf.stats$of" 2> /dev/null || true
	if grep -q SAMPLE "perf.stats$of"; then
		echo "perf report --stats -i $file > perf.stats$of" >> perf.cmd
	else
		# In this layout, but from perf script: perf 6.1 cannot read its own pipe
		# output back in perf report when there are tracepoints in it.
		perf script -i "$file" -F event 2> /dev/null | awk '
			/^ *[^ ]+: *$/ { sub(/: *$/, ""); gsub(/ /, ""); n[$0]++ }
			END { for (e in n) printf "%s stats:\n          SAMPLE events: %10d\n", e, n[e] }' > "perf.stats$of"
		echo "perf script -i $file -F event | ... > perf.stats$of # counted" >> perf.cmd
	fi
	n=$(grep -c '^[^	]' script.txt)
	if [ "$n" -gt 3000 ]; then
		echo "# perf.script$of holds 1,000 of the $n events, chosen at random (awk, srand(1))" >> perf.cmd
		awk -v n="$n" -v k=1000 'BEGIN { srand(1) }
			/^[^\t]/ { take = rand() < k / n; n--; k -= take }
			take' script.txt > script.some
		mv script.some script.txt
	fi
	xz -9e -c script.txt > "perf.script$of.xz"
}

# keep CONTAINER COMPLETE NOTE: moves what is wanted beside this script, and
# writes the line of index.tsv.
keep() {
	local to=$here/recordings/$name go truth=no f
	rm -rf "$to"
	mkdir -p "$to"
	go=$("$GO_NEW" version "$work/$binary" | sed 's/.*: //')
	[ -s truth.log ] && grep -q '^# pid' truth.log && truth=yes || rm -f truth.log
	for f in perf.data.probes perf.cmd perf.stats* perf.evlist* perf.script*.xz perf.lost* truth.log stderr.log uprobe_profile debugger.log; do
		if [ -s $f ]; then cp $f "$to/"; fi
	done
	case $1 in
	directory) tar -C "$work/run" --owner=0 --group=0 -cf - perf.data | xz -9e > "$to/perf.data.tar.xz" ;;
	pieces) for f in perf.data.[12]; do xz -9e -c "$f" > "$to/$f.xz"; done ;;
	*) xz -9e -c perf.data > "$to/perf.data.xz" ;;
	esac
	touch "$here/index.tsv"
	{
		printf 'name\tcontainer\tbinary\tgo_version\ttruth\tcomplete\tnote\n'
		{
			grep -v -e "^$name	" -e '^name	' "$here/index.tsv" || true
			printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$name" "$1" "$binary" "$go" $truth "$2" "$3"
		} | sort
	} > index.new
	mv index.new "$here/index.tsv"
	du -sk "$to" | sed 's/\t.*/ KiB/' >&2
}

# ---- the recordings -----------------------------------------------------------------

all='shadow shadow-1.26
panics-1.19 panics-1.24 panics-1.26 defers-1.19 defers-1.26 defers-noopt branches-noopt
fatal-1.19 fatal-1.26 throw deadlock overflow exit quick
branches inline spin-1.19 spin-1.26 children stripped
nostack notall mixed fields dwarf lossy thinned throttled attach
compressed threads pipe switch killed'

record() { # NAME
	local version=${1##*-}
	case $1 in

	# What the program does.
	shadow) shadow "$1" situations-1.19 "$GO_OLD" v1.20.2 ;;
	shadow-1.26) shadow "$1" situations-1.26 "$GO_NEW" v1.27.2 ;;
	panics-*)
		plain "$1" "situations-$version" 'panics of all kinds, recovered or ended by Goexit' \
			-f raise=main.raise -f nested=main.nested -f superseded=main.superseded \
			-l unwound="main.go:$(line unwound)" -l after_goexit="main.go:$(line after-goexit)" -- -g 2 -n 2 panics
		;;
	defers-noopt)
		plain "$1" situations-1.19-noopt 'built with -N -l: no open-coded defer in user code' \
			"${deferring[@]}" -- -g 2 -n 3 defers
		;;
	defers-*)
		plain "$1" "situations-$version" 'defers of all kinds; grow is entered more often than it is called' \
			"${deferring[@]}" -- -g 2 -n 3 defers
		;;
	fatal-*)
		plain "$1" "situations-$version" "a panic that nobody recovers, main.go:$(line fatal), ends the process" \
			-f doom=main.doom -- fatal
		;;
	throw) plain "$1" situations-1.19 'unlock of an unlocked mutex: runtime.fatal, no panic, no deferred call' -- throw ;;
	deadlock) plain "$1" situations-1.26 'all goroutines are asleep: runtime.fatal, no panic, no deferred call' -- -kind deadlock throw ;;
	overflow) plain "$1" situations-1.19 'stack overflow: runtime.throw, no panic, no deferred call' -- -kind overflow throw ;;
	exit)
		plain "$1" situations-1.19 "os.Exit leaves 4 deferred calls undone; main.go:$(line undone): not_reached, defers_skipped_by_exit" \
			-f undone=main.undone -- -g 3 exit
		;;
	quick)
		plain "$1" situations-1.19 "goroutines that never ran; main.go:$(line never): not_reached, process_exited_before_goroutine_ran" \
			-f never=main.never -- -g 3 quick
		;;
	branches)
		plain "$1" situations-1.19 "main.go:$(line not-reached): not_reached; :$(line constant-false), :$(line optimised-away) and :$(line comment): impossible" \
			-f classify=main.classify -l not_reached="main.go:$(line not-reached)" -l reached="main.go:$(line reached)" -- -g 2 -n 5 branches
		;;
	branches-noopt)
		plain "$1" situations-1.19-noopt "built with -N -l: main.go:$(line optimised-away) has code, :$(line constant-false) and :$(line comment) are impossible" \
			-f classify=main.classify -l not_reached="main.go:$(line not-reached)" -l reached="main.go:$(line reached)" -- -g 2 -n 5 branches
		;;
	inline)
		plain "$1" situations-1.19 "main.small (main.go:$(line inlined)) is inlined, main.smallTwin is not" \
			-f smallTwin=main.smallTwin -l small="main.go:$(line inlined)" -- -g 2 -n 5 inline
		;;
	spin-*)
		plain "$1" "situations-$version" 'more tight loops than processors, preempted by SIGURG' \
			-f spin=main.spin -- -g 3 -n 2 -spin 40ms spin
		;;
	children) plain "$1" situations-1.19 'four processes of one binary; goids begin at 1 in each' "${breakme[@]}" -- -g 3 -n 2 children ;;
	stripped)
		build situations-1.19
		plain "$1" situations-1.19-stripped "built with -ldflags='-s -w': stripped_debug_info" \
			-twin "$work/situations-1.19" "${breakme[@]}" -- -g 2 -n 3 breakme
		;;

	# How perf was called.
	nostack) special "$1" yes 'no call chains' -a -m 4M -o perf.data "${events[@]}" -- -g 2 -n 2 panics ;;
	notall) special "$1" yes 'without -a: the workload only' "${chains[@]}" -o perf.data "${events[@]}" -- -g 2 -n 2 panics ;;
	mixed)
		special "$1" yes 'call chains for signal_generate and cpu-clock only: samples of two layouts' -a -m 4M -o perf.data \
			-e "$group:*" -e $sched -e signal:signal_generate/call-graph=fp/ -e signal:signal_deliver \
			-e cpu-clock/freq=999,name=cpu-clock,call-graph=fp/ -- -g 2 -n 2 panics
		;;
	fields)
		special "$1" yes 'as many parts of a sample, and kinds of side-band record, as perf can be asked for' \
			-a "${chains[@]}" -o perf.data --switch-events --all-cgroups --namespaces --data --phys-data \
			--code-page-size --data-page-size -W --user-regs=ax,bx,cx,sp,ip,r14 --intr-regs=ax,sp,ip \
			"${events[@]}" -- -g 2 -n 3 breakme
		;;
	dwarf)
		special "$1" yes 'user registers and 1,024 bytes of user stack in each sample' \
			--call-graph dwarf,1024 -m 4M -o perf.data "${events[@]}" -- -g 2 -n 3 breakme
		;;
	lossy)
		special "$1" no 'rings of two pages: much is lost' -a --call-graph fp -m 2 -o perf.data "${events[@]}" -- -g 2 -n 40000 load
		;;
	thinned)
		special "$1" no 'a global -F 999: probes and tracepoints are thinned out, without any LOST' \
			-a "${chains[@]}" -F 999 -o perf.data -e "$group:*" -e $sched -e $signal -e cpu-clock -- -g 2 -n 20000 load
		;;
	throttled) special "$1" no 'a clock that asks for more than the kernel allows: throttled, the probes are complete' \
		-a "${chains[@]}" -o perf.data -e "$group:*" -e cpu-clock/period=50000,name=cpu-clock/ -- -g 2 -n 1 -spin 60ms spin ;;
	attach) special "$1" no 'perf record -p: what happened before is in no ledger' \
		--call-graph fp -m 4M -o perf.data "${events[@]}" -- -g 2 -n 8 -pause 100ms breakme ;;

	# What perf wrote it into.
	compressed) special "$1" yes 'perf record -z' -a -z "${chains[@]}" -o perf.data "${events[@]}" -- -g 2 -n 3 breakme ;;
	threads) special "$1" yes 'perf record --threads: a directory' -a --threads "${chains[@]}" -o perf.data "${events[@]}" -- -g 2 -n 3 breakme ;;
	pipe) special "$1" yes 'perf record -o - > perf.data' -a "${chains[@]}" -o - "${events[@]}" -- -g 2 -n 3 breakme ;;
	switch) special "$1" yes 'perf record --switch-output=signal, signalled once: two files' \
		-a "${chains[@]}" --switch-output=signal -o perf.data "${events[@]}" -- -g 2 -n 8 -pause 100ms breakme ;;
	killed) special "$1" no 'perf was killed: data size 0, no features, so no formats and no ledger' \
		-a --call-graph fp -m 64 -o perf.data "${events[@]}" -- -g 2 -n 8 -pause 100ms breakme ;;

	# For measurements, at least a million events with stacks. It is not kept.
	load)
		begin load situations-1.19
		set_probes $binary -f tick=main.tick
		mv perf.data.probes "$work/load.data.probes"
		run perf record "${common[@]}" -a --call-graph fp -m 64M -o "$work/load.data" "${events[@]}" -- \
			"$work/$binary" -log "$work/load.log" -g 2 -n "${LOAD_CALLS:-600000}" load
		counted
		cat stderr.log >&2
		;;
	*) die "no recording $1; -l names them" ;;
	esac
}

# plain NAME BINARY NOTE PROBES... -- ARGUMENTS...: everything on all CPUs, complete
plain() {
	local note=$3 extra=()
	begin "$1" "$2"
	shift 3
	while [ "$1" != -- ]; do
		extra+=("$1")
		shift
	done
	shift
	set_probes $binary "${extra[@]}"
	run perf record "${common[@]}" -a "${chains[@]}" -o perf.data "${events[@]}" -- \
		"$work/$binary" -log truth.log "$@"
	counted
	reference perf.data
	keep file yes "$note"
}

# How many clock samples a second the kernel allows before it throttles.
limit=/proc/sys/kernel/perf_event_max_sample_rate

# special NAME COMPLETE NOTE OPTIONS... -- ARGUMENTS...: perf with these options, and what each container needs
special() {
	local complete=$2 note=$3 options=() container=file
	begin "$1" situations-1.19
	shift 3
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	set_probes $binary "${breakme[@]}"
	local program=("$work/$binary" -log truth.log "$@")
	set -- perf record "${common[@]}" "${options[@]}" -- "${program[@]}"
	case $name in
	throttled)
		allowed=$(cat $limit)
		trap 'echo $allowed > $limit; remove_probes' EXIT
		echo "echo 10000 > $limit" | tee -a perf.cmd | sh
		run "$@"
		echo "$allowed" > $limit
		trap remove_probes EXIT
		;;
	attach)
		echo "${program[*]} & sleep 0.3" >> perf.cmd
		"${program[@]}" &
		sleep 0.3
		run perf record "${common[@]}" "${options[@]}" -p $!
		wait $!
		;;
	switch)
		container=pieces
		interrupt USR2 "$@"
		;;
	killed) interrupt KILL "$@" ;;
	*) run "$@" ;;
	esac
	counted
	case $name in
	threads) container=directory ;;
	pipe)
		container=pipe
		mv stdout.log perf.data
		;;
	esac
	case $name in
	switch)
		local piece i=0
		for piece in perf.data.2*; do
			i=$((i + 1))
			mv "$piece" perf.data.$i
			echo "mv ${piece//[0-9][0-9]*/TIMESTAMP} perf.data.$i" >> perf.cmd
			reference perf.data.$i .$i
		done
		;;
	killed) echo "# perf cannot read this file, so there is no reference" >> perf.cmd ;;
	*) reference perf.data ;;
	esac
	keep $container "$complete" "$note"
}

# interrupt SIGNAL COMMAND...: as run, but sends perf the signal in the middle
interrupt() {
	local signal=$1 perf
	shift
	"$@" > stdout.log 2> stderr.log &
	perf=$!
	sleep 0.7
	kill "-$signal" $perf
	wait $perf 2> /dev/null || true
	# The program lives on when perf is killed.
	while pgrep -x situations-1.19 > /dev/null; do sleep 0.1; done
	{
		printf '%q ' "$@" | unquote
		echo "# meanwhile: sleep 0.7; kill -$signal PERF"
	} >> perf.cmd
}

# A debugging session with two breakpoints that are alike, and a uprobe on the
# address of one of them.
shadow() { # NAME BINARY GO DELVE
	begin "$1" "$2"
	delve "$3" "$4"
	set_probes $binary -l "breakme=main.go:$(line breakme)"
	{
		echo "config source-list-line-count 0"
		echo "break main.go:$(line breakme)"
		echo "break main.go:$(line control)"
		# One more than there can be stops: it tells that the process has exited.
		for _ in $(seq 13); do echo continue; done
		echo exit
	} > session.dlv
	# A dumb terminal has no colours, which do not belong into a log.
	TERM=dumb run perf record "${common[@]}" -a "${chains[@]}" -o perf.data "${events[@]}" -- \
		"$dlv" exec --allow-non-terminal-interactive=true --init session.dlv \
		"$work/$binary" -- -log truth.log -g 3 -n 4 -pause 2ms breakme
	counted
	mv stdout.log debugger.log
	sed 's/^/# session.dlv: /' session.dlv >> perf.cmd
	reference perf.data
	keep file yes "uprobe on the breakpoint of main.go:$(line breakme): missed, uprobe_shadows_breakpoint; main.go:$(line control): hit"
}

# ---- all of it ------------------------------------------------------------------------

if [ "${1:-}" = -l ]; then
	echo $all | tr ' ' '\n'
	exit
fi
[ "$(id -u)" = 0 ] || die "probes and system-wide recordings need root"
command -v perf > /dev/null || die "perf is not installed"
[ -e $tracing/uprobe_events ] || mount -t tracefs tracefs $tracing
mkdir -p "$work"
if grep -q ":$group/" $tracing/uprobe_events && ! grep -q " $work/" $tracing/uprobe_events; then
	die "there are probes of a group $group that this script did not set"
fi
trap remove_probes EXIT
for r in ${*:-$all}; do
	record "$r"
done
