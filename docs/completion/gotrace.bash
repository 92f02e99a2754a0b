# SPDX-License-Identifier: GPL-2.0-only
# bash completion for gotrace

_gotrace()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	local commands="probe record ingest info explain defers query schema" options=
	COMPREPLY=()

	if [ "$COMP_CWORD" = 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "$commands --help --version" -- "$cur")
		return
	fi

	case "${COMP_WORDS[1]} $prev" in
	"probe --level" | "record --level")
		mapfile -t COMPREPLY < <(compgen -W "minimal default full" -- "$cur")
		return
		;;
	"query --format")
		mapfile -t COMPREPLY < <(compgen -W "table csv tsv json ndjson md" -- "$cur")
		return
		;;
	"ingest --lines")
		mapfile -t COMPREPLY < <(compgen -W "main all none" -- "$cur")
		return
		;;
	"ingest --symfs")
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	esac

	case ${COMP_WORDS[1]} in
	probe) options="-b --breakpoint --level -p --pid --group --perf --json" ;;
	record) options="-b --breakpoint -o --output -p --pid --binary --level --group --no-switches" ;;
	ingest) options="-o --output --binary --symfs --kallsyms --probes --lines -b --breakpoint" ;;
	info) options="-i --input --json" ;;
	explain) options="-i --input --json --save --list-causes" ;;
	defers) options="-i --input --goid --pid --json" ;;
	query) options="-i --input --format --list" ;;
	schema) options="-i --input" ;;
	esac
	if [ "${cur#-}" != "$cur" ]; then
		mapfile -t COMPREPLY < <(compgen -W "$options -h --help" -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	fi
}

complete -o filenames -F _gotrace gotrace
