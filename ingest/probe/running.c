/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A uprobe is bound to a file, by its inode. /proc/PID/exe is that file, but reading the link gives a
 * name that holds in the process's own mount namespace, at the time of its start: in a container it
 * leads elsewhere here, and after an update to another file. So a name is used only when it has the same
 * inode.
 */
#include "ingest/probe/running.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

static bool same_file(const char *path, const struct stat *wanted)
{
	struct stat st;

	return !stat(path, &st) && st.st_dev == wanted->st_dev && st.st_ino == wanted->st_ino;
}

/* A blank ends the path (argv_split()), # the line (kernel/trace/trace.c, trace_parse_run_command()). */
static bool is_one_word(const char *path)
{
	return !strpbrk(path, " \t\n\v\f\r#");
}

char *running_file(int32_t pid, bool *lasting, struct error *err)
{
	char target[PATH_MAX + 1], *exe = xasprintf("/proc/%d/exe", (int)pid), *inside;
	struct stat st;
	ssize_t size;

	*lasting = true;
	size = readlink(exe, target, sizeof(target) - 1);
	if (size < 0 || stat(exe, &st)) {
		error_set(err, STATUS_UNREADABLE, "%s: %m%s", exe,
			  errno == ENOENT
				  ? "; is there a process with this number, and no thread of "
				    "the kernel?"
			  : errno == EACCES ? "; try as root"
					    : "");
		free(exe);
		return NULL;
	}
	target[size] = '\0';
	inside = xasprintf("/proc/%d/root%s", (int)pid, target);
	if (same_file(target, &st) && is_one_word(target)) {
		free(exe);
		free(inside);
		return xstrdup(target);
	}
	*lasting = false;
	if (same_file(inside, &st) && is_one_word(inside)) {
		free(exe);
		return inside;
	}
	free(inside);
	return exe;
}

char *probed_path(const char *path, struct error *err)
{
	char *real = realpath(path, NULL), *absolute = NULL, *folder;

	if (!real) {
		error_set(err, STATUS_UNREADABLE, "%s: %m", path);
		return NULL;
	}
	if (is_one_word(real))
		return real;
	/* A link with a plain name serves as well. */
	folder = path[0] == '/' ? xstrdup("") : getcwd(NULL, 0);
	if (folder)
		absolute = path[0] == '/' ? xstrdup(path) : xasprintf("%s/%s", folder, path);
	free(folder);
	free(real);
	if (absolute && is_one_word(absolute))
		return absolute;
	free(absolute);
	error_set(
		err, STATUS_UNREADABLE,
		"%s: the kernel takes no path with blanks or # in it; make a link without: ln -s '%s' "
		"/var/tmp/app",
		path, path);
	return NULL;
}
