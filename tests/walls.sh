#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Fails when an #include crosses a wall between the rooms: tests/walls.sh [FOLDER]
#
# Data flows ingest/ -> model/ -> sql/ -> query/, and a room knows only what the table below
# lets it know. base/ is the floor they all stand on; gotrace.c and the tests may reach anywhere.
set -eu
LC_ALL=C
export LC_ALL
cd "${1:-$(dirname "$0")/..}"

# What a room may include of the project, and which libraries it may not.
PERF='perf/|traceevent/|event-parse[.]h|event-utils[.]h|trace-seq[.]h|kbuffer[.]h|linux/perf_event[.]h'
ELF='elf[.]h|libelf[.]h|gelf[.]h|nlist[.]h|elfutils/|dwarf[.]h|libdw'
SQL='sqlite3'

found=$(mktemp)
trap 'rm -f "$found"' EXIT

for room in base ingest model sql query; do
	case $room in
	base) rooms='base' libs="$PERF|$ELF|$SQL" ;;
	ingest) rooms='ingest|model|base' libs="$SQL" ;;
	model) rooms='model|sql|base' libs="$PERF|$ELF|$SQL" ;;
	sql) rooms='sql|base' libs="$PERF|$ELF" ;;
	query) rooms='query|sql|base' libs="$PERF|$ELF" ;;
	esac
	[ -d "$room" ] || continue
	# One line per include: FILE:LINE "name" or FILE:LINE <name>. Continued lines and comments
	# before the name are not our style, and an include through a macro is refused.
	find "$room" -name '*.[ch]' -exec awk -v room="$room" -v rooms="$rooms" -v libs="$libs" '
	/^[ \t]*#[ \t]*include/ {
		where = FILENAME ":" FNR
		name = $0
		sub(/^[ \t]*#[ \t]*include[ \t]*/, "", name)
		if (name !~ /^["<]/) {
			print where ": an include must name its file"
			next
		}
		own = name ~ /^"/ || name ~ /^<(base|ingest|model|sql|query|tests|build)\//
		sub(/^["<]/, "", name)
		sub(/[">].*$/, "", name)
		if (name ~ "(^|/)\\.\\.(/|$)" || name ~ "^/")
			print where ": " name ": includes are written from the top of the project"
		else if (name ~ "^(" libs ")")
			print where ": " room "/ must not know " name
		else if (own && name !~ "^(" rooms ")/")
			print where ": " room "/ must not include " name
	}' {} +
done >"$found"
cat "$found"
[ ! -s "$found" ]
