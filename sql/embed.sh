#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Writes a C file that holds the .sql files named on the command line: embed.sh sql/a.sql sql/causes/b.sql >sql_files.c
# A line of SQL becomes a line of a C string, so that a debugger or a diff can be read.
set -eu
LC_ALL=C
export LC_ALL

printf '/* Made by sql/embed.sh from the .sql files; do not edit. */\n#include "sql/files.h"\n\n'
printf 'const struct sql_file sql_files[] = {\n'
for file in "$@"; do
	name=${file#sql/}
	name=${name%.sql}
	printf '\t{ "%s",\n' "$name"
	# "?" is escaped because of trigraphs; the empty string is for an empty file.
	sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/?/\\?/g' -e 's/	/\\t/g' -e 's/\r/\\r/g' \
		-e 's/^/\t  "/' -e 's/$/\\n"/' "$file"
	printf '\t  "" },\n'
done
printf '\t{ 0, 0 },\n};\n'
