#!/bin/bash
# check.sh - holds counts of the same thing against each other, for every
# recording: what perf says is in the file, what the kernel counted at the
# probe, and what the program itself says it did, in all and by goroutine.
#
#   ./check.sh [NAME...]
#
# Prints each difference. README.md says which are to be expected, and why.
set -eu
cd "$(dirname "$0")"
# expect.tsv names lines by number, and what stands there by its mark.
sed 1d expect.tsv | while IFS='	' read -r name spec mark _; do
	[ "$mark" = - ] || sed -n "${spec#main.go:}p" situations/main.go | grep -q "// mark: $mark\$" ||
		echo "expect.tsv: $name: $spec is not the line marked $mark"
done
[ $# -gt 0 ] || set -- $(cd recordings && ls)
for name; do
	dir=recordings/$name
	if ! ls $dir/perf.stats* > /dev/null 2>&1; then
		echo "$name: perf wrote no counts"
		continue
	fi
	# Counts by goroutine need all events as text.
	events=$(cat $dir/perf.stats* | awk '/stats:$/ { go = /:/ && !/Aggregated/ } go && /SAMPLE events:/ { n += $3 } END { print n }')
	xz -dc $dir/perf.script*.xz | awk -v name="$name" -v events="$events" '
	BEGIN {
		n = split("gopanic panic.raised recovery panic.recovered gorecover recover.calls Goexit goexit deferproc defer.heap deferprocStack defer.stack deferprocat defer.range", m)
		for (i = 1; i < n; i += 2) of[m[i]] = m[i + 1]
	}
	function what(event) { return event in of ? of[event] : "call.main." event }
	FILENAME ~ /stats/ && / stats:$/ { source = $1; sub(/.*:/, "", source) }
	FILENAME ~ /stats/ && /SAMPLE events:/ && source { seen[source] += $3 }
	FILENAME ~ /profile$/ { hit[$1] = $2 }
	FILENAME ~ /truth/ && $1 == "#" { pid = $3 }
	FILENAME ~ /truth/ && $1 == "count" { truth[$2] += $3 }
	FILENAME ~ /truth/ && $1 == "gcount" { goroutine[pid " " $2 " " $3] = $4 }
	FILENAME == "-" && /^[^\t]/ {
		lines++
		if (!match($0, / goid=[0-9]+/)) next
		g = substr($0, RSTART + 6, RLENGTH - 6)
		match($0, / probe_[a-z]*:[A-Za-z0-9_]+:/)
		e = substr($0, RSTART, RLENGTH - 1)
		sub(/.*:/, "", e)
		match($0, / [0-9]+\/[0-9]+ /)
		p = substr($0, RSTART + 1)
		sub(/\/.*/, "", p)
		if (g > 1) by[p " " g " " what(e)]++
	}
	END {
		for (e in hit) {
			probes++
			if (seen[e] + 0 != hit[e]) printf "%s: %s: %d in the file, %d counted by the kernel\n", name, e, seen[e], hit[e]
			t = what(e)
			probed[t] = 1
			if (!(t in truth) && !(e in of)) continue
			compared++
			if (truth[t] + 0 != hit[e]) printf "%s: %s: %d counted by the kernel, %d %s in the log\n", name, e, hit[e], truth[t], t
		}
		if (lines == events) {
			for (k in goroutine) {
				split(k, f)
				if (f[2] == 1 || !(f[3] in probed)) continue
				goroutines++
				if (by[k] + 0 != goroutine[k]) printf "%s: pid %d goroutine %d: %d %s in the file, %d in the log\n", name, f[1], f[2], by[k], f[3], goroutine[k]
			}
			for (k in by) {
				split(k, f)
				if (f[3] in truth && !(k in goroutine)) printf "%s: pid %d goroutine %d: %d %s in the file, none in the log\n", name, f[1], f[2], by[k], f[3]
			}
		}
		printf "%s: %d events, %d probes, %d of them in the log, %d counts of goroutines\n", name, events, probes, compared, goroutines
	}' $dir/perf.stats* $dir/uprobe_profile $(ls $dir/truth.log 2> /dev/null) -
done
