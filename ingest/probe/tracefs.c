/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files of tracefs that are used here (kernel/trace/trace_uprobe.c; the tables have no heading):
 *
 *     uprobe_events     {p|r}:GROUP/EVENT PATH:0xOFFSET[(REF_CTR)] [ARG=FETCHARG]...
 *     uprobe_profile    "  PATH EVENT   HITS", without the group
 *
 * Both list the same uprobes in the same order. A write to uprobe_events appends a definition, or
 * removes an event with "-:GROUP/EVENT"; opening it with O_TRUNC would remove everybody's.
 *
 * /proc/PID/stat: "PID (COMM) STATE ..."; COMM may hold anything, STATE is field 3, the start field 22.
 */
#include "ingest/probe/tracefs.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <linux/magic.h>

#include "base/buffer.h"
#include "base/memory.h"

#define PREFIX "gotrace_"
#define FIRST_PID_NAMESPACE 0xeffffffcU /* PROC_PID_INIT_INO of include/linux/proc_ns.h */
#define RETRY_MS 10
#define TRIES 100 /* to read the lists while others set their probes */

/* ---- the folder ------------------------------------------------------------------------------- */

enum place { NO_TRACEFS, NO_UPROBES, NOT_ALLOWED, USABLE };

static enum place look_at(const char *folder)
{
	struct statfs fs;
	enum place place = USABLE;
	char *events;

	if (statfs(folder, &fs) || fs.f_type != TRACEFS_MAGIC)
		return NO_TRACEFS;
	events = xasprintf("%s/uprobe_events", folder);
	if (access(events, R_OK | W_OK))
		place = errno == ENOENT ? NO_UPROBES : NOT_ALLOWED;
	free(events);
	return place;
}

static char *find_mounted(enum place *best)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	char *found = NULL;
	struct mntent *m;

	while (mounts && !found && (m = getmntent(mounts))) {
		enum place place = strcmp(m->mnt_type, "tracefs") ? NO_TRACEFS
								  : look_at(m->mnt_dir);

		if (place == USABLE)
			found = xstrdup(m->mnt_dir);
		if (place > *best)
			*best = place;
	}
	if (mounts)
		endmntent(mounts);
	return found;
}

char *tracefs_find(struct error *err)
{
	/* The second is mounted by looking at it, where debugfs is. */
	static const char *const usual[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	static const char *const why[] = {
		[NO_TRACEFS] = "tracefs is not mounted. Type: sudo mount -t tracefs tracefs "
			       "/sys/kernel/tracing",
		[NO_UPROBES] = "this kernel cannot set uprobes: it was built without "
			       "CONFIG_UPROBE_EVENTS",
		[NOT_ALLOWED] =
			"setting probes takes root here. Type the same command with sudo in "
			"front",
	};
	enum place best = NO_TRACEFS;
	char *found;

	for (size_t i = 0; i < ARRAY_SIZE(usual); i++) {
		enum place place = look_at(usual[i]);

		if (place == USABLE)
			return xstrdup(usual[i]);
		if (place > best)
			best = place;
	}
	found = find_mounted(&best);
	if (!found)
		error_set(err, STATUS_UNREADABLE, "%s", why[best]);
	return found;
}

/* ---- owners ----------------------------------------------------------------------------------- */

static unsigned long long pid_namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) ? FIRST_PID_NAMESPACE : st.st_ino;
}

/* When a process started, and whether it has ended and merely waits to be collected. */
static bool process_start(unsigned long long pid, unsigned long long *start, bool *ended)
{
	char path[64], text[1024], *p;
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%llu/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	if (n <= 0)
		return false;
	text[n] = '\0';
	p = strrchr(text, ')');
	if (!p || p[1] != ' ')
		return false;
	p += 2;
	*ended = *p == 'Z' || *p == 'X';
	for (int field = 3; field < 22; field++) {
		p = strchr(p, ' ');
		if (!p)
			return false;
		p++;
	}
	return sscanf(p, "%llu", start) == 1;
}

char *tracefs_own_group(void)
{
	unsigned long long start = 0, space = pid_namespace();
	struct buffer name = { 0 };
	bool ended;

	process_start((unsigned long long)getpid(), &start, &ended);
	buffer_format(&name, PREFIX "%d_%llu", (int)getpid(), start);
	if (space != FIRST_PID_NAMESPACE)
		buffer_format(&name, "_%llu", space);
	return name.data;
}

/* "123_456" or "123_456_789"; nothing that we would not have written. */
static bool parse_owner(const char *group, unsigned long long number[3])
{
	const char *p = group + strlen(PREFIX);
	size_t count = 0;

	if (strncmp(group, PREFIX, strlen(PREFIX)))
		return false;
	number[2] = FIRST_PID_NAMESPACE;
	do {
		char *end;

		if (count == 3 || !isdigit((unsigned char)*p))
			return false;
		errno = 0;
		number[count++] = strtoull(p, &end, 10);
		if (errno)
			return false;
		p = end;
	} while (*p++ == '_');
	return count >= 2 && !p[-1] && number[0] > 0 && number[0] <= INT32_MAX;
}

bool tracefs_is_orphan(const char *group)
{
	unsigned long long owner[3], start;
	bool ended;

	if (!parse_owner(group, owner) || owner[2] != pid_namespace())
		return false;
	if (kill((pid_t)owner[0], 0) && errno == ESRCH)
		return true;
	/* Where /proc hides other people's processes, one that is there is taken for the owner. */
	if (!process_start(owner[0], &start, &ended))
		return false;
	return ended || start != owner[1];
}

static void pause_ms(int ms)
{
	nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000L }, NULL);
}

/* ---- the lists -------------------------------------------------------------------------------- */

static int read_file(const char *folder, const char *name, struct buffer *text, struct error *err)
{
	char *path = xasprintf("%s/%s", folder, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;
	ssize_t n = -1;

	buffer_clear(text);
	while (fd >= 0 && (n = read(fd, buffer_room(text, 16384), 16384)) > 0)
		text->size += (size_t)n;
	if (n < 0)
		rc = error_set(err, STATUS_UNREADABLE, "cannot read %s: %m", path);
	else
		buffer_add(text, "", 0);
	if (fd >= 0)
		close(fd);
	free(path);
	return rc;
}

/* Cuts a line off the front of a text; NULL at the end. */
static char *next_line(char **text)
{
	char *line = *text, *end;

	if (!line || !*line)
		return NULL;
	end = strchr(line, '\n');
	if (end)
		*end = '\0';
	*text = end ? end + 1 : line + strlen(line);
	return line;
}

/* The group and the event of a definition, in memory that the caller frees. */
static bool parse_name(const char *line, char **group, char **event)
{
	const char *slash, *name;

	if (*line != 'p' && *line != 'r')
		return false;
	line += 1 + strspn(line + 1, "0123456789");
	if (*line++ != ':')
		return false;
	slash = line + strcspn(line, "/ \t");
	name = slash + (*slash == '/');
	if (*slash != '/' || slash == line || !strcspn(name, " \t"))
		return false;
	*group = xstrndup(line, (size_t)(slash - line));
	*event = xstrndup(name, strcspn(name, " \t"));
	return true;
}

/* The number at the end of a line of uprobe_profile, if the line is about this event. */
static int64_t hits_of(const char *line, const char *event)
{
	const char *number, *name;
	size_t size = line ? strlen(line) : 0, length = strlen(event);
	long long hits;

	while (size && isdigit((unsigned char)line[size - 1]))
		size--;
	number = line ? line + size : "";
	while (size && line[size - 1] == ' ')
		size--;
	if (size <= length || !*number)
		return -1;
	name = line + size - length;
	if (memcmp(name, event, length) || name[-1] != ' ')
		return -1;
	errno = 0;
	hits = strtoll(number, NULL, 10);
	return errno ? -1 : hits;
}

static void collect(struct tracefs_probes *probes, const char *group, char *events, char *profile)
{
	char *line, *counted, *its_group, *event;

	while ((line = next_line(&events))) {
		counted = next_line(&profile);
		if (!parse_name(line, &its_group, &event))
			continue;
		if (!strcmp(its_group, group)) {
			ARRAY_GROW(probes->items, probes->count, probes->capacity);
			probes->items[probes->count++] = (struct tracefs_probe){
				.event = xstrdup(event),
				.definition = xstrdup(line),
				.hits = hits_of(counted, event),
			};
		}
		free(its_group);
		free(event);
	}
}

int tracefs_read(const char *folder, const char *group, struct tracefs_probes *probes,
		 struct error *err)
{
	struct buffer before = { 0 }, profile = { 0 }, after = { 0 };
	struct error no_profile;
	int rc;

	*probes = (struct tracefs_probes){ 0 };
	rc = read_file(folder, "uprobe_events", &after, err);
	/* The lists belong together if nobody sets or removes a probe in between. */
	for (int tries = 0; !rc && tries < TRIES; tries++) {
		buffer_clear(&before);
		buffer_add(&before, after.data, after.size);
		if (read_file(folder, "uprobe_profile", &profile, &no_profile))
			buffer_clear(&profile);
		rc = read_file(folder, "uprobe_events", &after, err);
		if (!rc && !strcmp(before.data, after.data))
			break;
		buffer_clear(&profile);
		pause_ms(RETRY_MS);
	}
	if (!rc)
		collect(probes, group, after.data, profile.data);
	buffer_free(&before);
	buffer_free(&profile);
	buffer_free(&after);
	return rc;
}

void tracefs_free(struct tracefs_probes *probes)
{
	for (size_t i = 0; i < probes->count; i++) {
		free(probes->items[i].event);
		free(probes->items[i].definition);
	}
	free(probes->items);
	*probes = (struct tracefs_probes){ 0 };
}

/* ---- changes ---------------------------------------------------------------------------------- */

/* One command is one write(): the kernel takes it whole or not at all. Returns 0 or an errno. */
static int tell(const char *folder, const char *command)
{
	char *path = xasprintf("%s/uprobe_events", folder), *line = xasprintf("%s\n", command);
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC), wrong = 0;
	ssize_t n = fd < 0 ? -1 : write(fd, line, strlen(line));

	if (n < 0)
		wrong = errno;
	else if ((size_t)n != strlen(line))
		wrong = EIO;
	if (fd >= 0)
		close(fd);
	free(line);
	free(path);
	return wrong;
}

int tracefs_add(const char *folder, const char *definition, struct error *err)
{
	int wrong = tell(folder, definition);

	if (!wrong)
		return 0;
	return error_set(err, STATUS_UNREADABLE,
			 "the kernel refuses the probe \"%.500s\": %s%s%s%s", definition,
			 strerror(wrong), wrong == EINVAL ? "; see " : "",
			 wrong == EINVAL ? folder : "", wrong == EINVAL ? "/error_log" : "");
}

static int remove_event(const char *folder, const char *group, const char *event, int *patience_ms)
{
	char *command = xasprintf("-:%s/%s", group, event);
	int wrong;

	while ((wrong = tell(folder, command)) == EBUSY && *patience_ms > 0) {
		pause_ms(RETRY_MS);
		*patience_ms -= RETRY_MS;
	}
	free(command);
	/* Gone already: several probes of one event go together. */
	return wrong == ENOENT ? 0 : wrong;
}

int tracefs_remove(const char *folder, const char *group, int patience_ms, struct error *err)
{
	struct tracefs_probes probes;
	int wrong = 0, rc;

	rc = tracefs_read(folder, group, &probes, err);
	for (size_t i = 0; !rc && i < probes.count; i++) {
		int now = remove_event(folder, group, probes.items[i].event, &patience_ms);

		wrong = wrong ? wrong : now;
	}
	if (wrong)
		rc = error_set(err, STATUS_UNREADABLE,
			       "probes of the group %s are left in %s/uprobe_events: %s", group,
			       folder, strerror(wrong));
	tracefs_free(&probes);
	return rc;
}

size_t tracefs_remove_orphans(const char *folder)
{
	struct buffer events = { 0 };
	char *line, *rest, *group, *event;
	struct error err;
	size_t removed = 0;
	int patience = 0;

	if (read_file(folder, "uprobe_events", &events, &err))
		buffer_clear(&events);
	for (rest = events.data; (line = next_line(&rest));) {
		if (!parse_name(line, &group, &event))
			continue;
		if (tracefs_is_orphan(group) && !remove_event(folder, group, event, &patience))
			removed++;
		free(group);
		free(event);
	}
	buffer_free(&events);
	return removed;
}
