/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control pipe of perf record (tools/perf/util/evlist.c, evlist__ctlfd_process()): commands are
 * words with a newline, each answered by "ack\n\0". "ping" is answered once the events are enabled,
 * as the loop that reads the pipe comes after that.
 */
#include "ingest/probe/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"

#define READY_MS 120000 /* perf reads all of /proc first */
/*
 * perf switches events on CPU by CPU. After this long all of them have been heard of, and the first
 * event is old enough to show that the program began later (sql/explain/3_ledger.sql).
 */
#define SETTLE_MS 30
#define LINGER_MS 5      /* the last events of the program, on every CPU */
#define WISHES_TO_STOP 2 /* the first is for the program, which may want to clean up */
#define WISHES_TO_KILL                                                                             \
	3 /* perf may take long to write its file; not for ever, if the user says so */

/* ---- finding a program ------------------------------------------------------------------------ */

static bool can_run(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

char *run_find(const char *name)
{
	const char *path = getenv("PATH");

	if (strchr(name, '/'))
		return can_run(name) ? xstrdup(name) : NULL;
	if (!*name)
		return NULL;
	path = path ? path : "/bin:/usr/bin";
	for (;;) {
		size_t size = strcspn(path, ":");
		char *file = xasprintf("%.*s%s%s", (int)size, path, size ? "/" : "./", name);

		if (can_run(file))
			return file;
		free(file);
		if (!path[size])
			return NULL;
		path += size + 1;
	}
}

/* ---- signals ---------------------------------------------------------------------------------- */

static const int handed_on[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2 };

static bool wants_end(uint32_t signal)
{
	return signal == SIGHUP || signal == SIGINT || signal == SIGQUIT || signal == SIGTERM;
}

/* A file that is opened must not become somebody's standard input or output. */
static void fill_standard_files(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR | O_CLOEXEC) != fd)
			return;
}

int run_begin(struct run *r, struct error *err)
{
	struct sigaction usual = { .sa_handler = SIG_DFL }, ignore = { .sa_handler = SIG_IGN };
	sigset_t mask;

	*r = (struct run){ .control = -1, .ack = -1 };
	fill_standard_files();
	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	for (size_t i = 0; i < ARRAY_SIZE(handed_on); i++)
		sigaddset(&mask, handed_on[i]);
	r->signals = signalfd(-1, &mask, SFD_CLOEXEC);
	if (r->signals < 0)
		return error_set(err, STATUS_UNREADABLE, "cannot wait for signals: %m");
	sigprocmask(SIG_BLOCK, &mask, &r->old_mask);
	/* Somebody may have us ignore our children, who would then leave no exit status. */
	sigaction(SIGCHLD, &usual, &r->old_child);
	sigaction(SIGPIPE, &ignore, &r->old_pipe);
	return 0;
}

static void restore_signals(const struct run *r)
{
	sigaction(SIGCHLD, &r->old_child, NULL);
	sigaction(SIGPIPE, &r->old_pipe, NULL);
	sigprocmask(SIG_SETMASK, &r->old_mask, NULL);
}

static void close_pipes(struct run *r)
{
	if (r->control >= 0)
		close(r->control);
	if (r->ack >= 0)
		close(r->ack);
	r->control = r->ack = -1;
}

void run_end(struct run *r)
{
	close_pipes(r);
	restore_signals(r);
	close(r->signals);
}

static void collect(pid_t *child, int *status)
{
	if (*child && waitpid(*child, status, WNOHANG) == *child)
		*child = 0;
}

static void take_signal(struct run *r)
{
	struct signalfd_siginfo s;

	if (read(r->signals, &s, sizeof(s)) != (ssize_t)sizeof(s))
		return;
	if (s.ssi_signo == SIGCHLD) {
		collect(&r->perf, &r->perf_status);
		collect(&r->program, &r->program_status);
		return;
	}
	if (wants_end(s.ssi_signo)) {
		r->wishes++;
		r->wish = (int)s.ssi_signo;
	}
	if (r->program && s.ssi_code != SI_KERNEL)
		kill(r->program, (int)s.ssi_signo);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Takes signals until `until` (in the time of now_ms()), or until one came or `fd` can be read. */
static bool wait_until(struct run *r, int64_t until, int fd)
{
	struct pollfd fds[] = { { .fd = r->signals, .events = POLLIN },
				{ .fd = fd, .events = POLLIN } };
	int64_t left = until - now_ms();

	if (left <= 0)
		return false;
	if (poll(fds, 2, left > 1000 ? 1000 : (int)left) > 0 && fds[0].revents)
		take_signal(r);
	return true;
}

static void linger(struct run *r, int ms)
{
	int64_t until = now_ms() + ms;

	while (wait_until(r, until, -1))
		;
}

static void wait_for_signal(struct run *r)
{
	wait_until(r, now_ms() + 1000, -1);
}

/* ---- perf ------------------------------------------------------------------------------------- */

/* The words and one more, in memory that the caller frees; the words stay the caller's. */
static char **with_control(char *const *words, char *option)
{
	size_t count = 0;
	char **all;

	while (words[count])
		count++;
	all = xcalloc(count + 2, sizeof(*all));
	memcpy(all, words, count * sizeof(*all));
	all[count] = option;
	return all;
}

/* `inherited`, which ends with -1, are files that perf keeps. */
_Noreturn static void become_perf(const struct run *r, char *const *words, pid_t parent,
				  const int *inherited)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	/* In a group of its own, so that a Ctrl-C is the program's; it may still write to the terminal. */
	setpgid(0, 0);
	restore_signals(r);
	sigaction(SIGTTOU, &ignore, NULL);
	/* When gotrace is killed, perf finishes its file, and lets go of the probes. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(1);
	for (; *inherited >= 0; inherited++)
		fcntl(*inherited, F_SETFD, 0);
	dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	fcntl(STDERR_FILENO, F_SETFD, 0);
	execvp(words[0], words);
	_exit(127);
}

static int start_perf(struct run *r, char *const *words, struct error *err)
{
	int to[2], from[2];
	pid_t parent = getpid();
	char *option, **all;

	if (pipe2(to, O_CLOEXEC))
		return error_set(err, STATUS_UNREADABLE, "cannot make a pipe: %m");
	if (pipe2(from, O_CLOEXEC)) {
		close(to[0]);
		close(to[1]);
		return error_set(err, STATUS_UNREADABLE, "cannot make a pipe: %m");
	}
	option = xasprintf("--control=fd:%d,%d", to[0], from[1]);
	all = with_control(words, option);
	r->perf = fork();
	/*
	 * perf holds its control pipe open at both ends: perf 6.1 gives up without finishing its file
	 * when the other end is closed, which is what happens first when gotrace is killed.
	 */
	if (!r->perf)
		become_perf(r, all, parent, (int[]){ to[0], to[1], from[1], -1 });
	free(all);
	free(option);
	close(to[0]);
	close(from[1]);
	r->control = to[1];
	r->ack = from[0];
	if (r->perf > 0)
		return 0;
	r->perf = 0;
	return error_set(err, STATUS_UNREADABLE, "cannot start a process: %m");
}

static void tell_perf(const struct run *r, const char *command)
{
	/* If perf is gone, SIGCHLD says so. */
	if (write(r->control, command, strlen(command)) < 0)
		return;
}

static void end_perf(struct run *r, int signal)
{
	if (r->perf)
		kill(r->perf, signal);
	while (r->perf)
		wait_for_signal(r);
}

static int not_ready(const struct run *r, bool late, struct error *err)
{
	if (r->wishes)
		return error_set(err, (enum status)(128 + r->wish), "%s: nothing was recorded",
				 strsignal(r->wish));
	if (late)
		return error_set(err, STATUS_UNREADABLE,
				 "perf record does not say that it records after %d s; perf before "
				 "5.13 never does",
				 READY_MS / 1000);
	return error_set(err, STATUS_UNREADABLE,
			 "perf record cannot record here; what it says is above");
}

int run_perf(struct run *r, char *const *words, struct error *err)
{
	int64_t until = now_ms() + READY_MS;
	struct pollfd ack = { .events = POLLIN };
	bool late;

	if (start_perf(r, words, err))
		return -1;
	tell_perf(r, "ping\n");
	ack.fd = r->ack;
	while (!r->wishes && poll(&ack, 1, 0) <= 0 && wait_until(r, until, r->ack))
		;
	late = !ack.revents;
	if (ack.revents & POLLIN) {
		linger(r, SETTLE_MS);
		if (r->perf && !r->wishes)
			return 0;
	}
	end_perf(r, SIGTERM);
	return not_ready(r, late, err);
}

int run_stop(struct run *r, struct error *err)
{
	int limit = r->wishes + WISHES_TO_KILL;

	if (r->perf) {
		linger(r, LINGER_MS);
		tell_perf(r, "stop\n");
	}
	while (r->perf) {
		wait_for_signal(r);
		if (r->wishes >= limit)
			end_perf(r, SIGKILL);
	}
	if (!r->perf_status)
		return 0;
	if (WIFSIGNALED(r->perf_status))
		return error_set(
			err, STATUS_DAMAGED,
			"perf record was ended by a signal (%s): the recording is cut short",
			strsignal(WTERMSIG(r->perf_status)));
	return error_set(err, STATUS_DAMAGED,
			 "perf record failed (exit status %d): the recording may be cut short",
			 WEXITSTATUS(r->perf_status));
}

/* ---- the program ------------------------------------------------------------------------------ */

_Noreturn static void become_program(const struct run *r, const char *file, char *const *words,
				     int report)
{
	int wrong;

	restore_signals(r);
	execv(file, words);
	wrong = errno;
	if (write(report, &wrong, sizeof(wrong)) < 0)
		_exit(126);
	_exit(127);
}

static int start_program(struct run *r, const char *file, char *const *words, struct error *err)
{
	int report[2], wrong = 0;

	if (pipe2(report, O_CLOEXEC))
		return error_set(err, STATUS_UNREADABLE, "cannot make a pipe: %m");
	r->program = fork();
	if (!r->program)
		become_program(r, file, words, report[1]);
	if (r->program < 0) {
		wrong = errno;
		r->program = 0;
	}
	close(report[1]);
	/* The pipe ends without a word when the program has begun. */
	if (r->program && read(report[0], &wrong, sizeof(wrong)) < 0)
		wrong = 0;
	close(report[0]);
	if (!wrong)
		return 0;
	while (r->program)
		wait_for_signal(r);
	return error_set(err, STATUS_UNREADABLE, "cannot run %s: %s", file, strerror(wrong));
}

int run_command(struct run *r, const char *file, char *const *words, struct error *err)
{
	bool stopped = false;

	if (start_program(r, file, words, err))
		return -1;
	while (r->program) {
		wait_for_signal(r);
		if (r->wishes >= WISHES_TO_STOP && !stopped) {
			tell_perf(r, "stop\n");
			stopped = true;
		}
	}
	return 0;
}

void run_watch(struct run *r)
{
	while (r->perf && !r->wishes)
		wait_for_signal(r);
}

int run_exit_status(int wait_status)
{
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}
