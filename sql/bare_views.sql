-- SPDX-License-Identifier: GPL-2.0-only
--
-- Well-known kernel events under their bare names, in every database: a query that names one works on
-- every recording. Where the event was recorded, the view is its table (see "of"), made when the
-- database is finished; the empty ones below fill up what is missing. Fields differ a little between
-- kernels: those below, of Linux 6, are in every view, NULL where the recorded event has none of that name.

-- view sched_switch of sched__sched_switch
-- A CPU went from one thread to another.
CREATE VIEW IF NOT EXISTS sched_switch AS SELECT
	NULL AS id, NULL AS ts, NULL AS cpu, NULL AS pid, NULL AS tid, NULL AS goid,
	NULL AS stack_id, NULL AS period, NULL AS prev_comm, NULL AS prev_pid, NULL AS prev_prio,
	NULL AS prev_state, NULL AS next_comm, NULL AS next_pid, NULL AS next_prio
WHERE 0;

-- view sched_wakeup of sched__sched_wakeup
-- A thread became runnable; arg_pid is its tid.
CREATE VIEW IF NOT EXISTS sched_wakeup AS SELECT
	NULL AS id, NULL AS ts, NULL AS cpu, NULL AS pid, NULL AS tid, NULL AS goid,
	NULL AS stack_id, NULL AS period, NULL AS comm, NULL AS arg_pid, NULL AS prio,
	NULL AS target_cpu
WHERE 0;

-- view sched_waking of sched__sched_waking
-- A thread is being woken; arg_pid is its tid.
CREATE VIEW IF NOT EXISTS sched_waking AS SELECT
	NULL AS id, NULL AS ts, NULL AS cpu, NULL AS pid, NULL AS tid, NULL AS goid,
	NULL AS stack_id, NULL AS period, NULL AS comm, NULL AS arg_pid, NULL AS prio,
	NULL AS target_cpu
WHERE 0;

-- view sched_wakeup_new of sched__sched_wakeup_new
-- A new thread became runnable; arg_pid is its tid.
CREATE VIEW IF NOT EXISTS sched_wakeup_new AS SELECT
	NULL AS id, NULL AS ts, NULL AS cpu, NULL AS pid, NULL AS tid, NULL AS goid,
	NULL AS stack_id, NULL AS period, NULL AS comm, NULL AS arg_pid, NULL AS prio,
	NULL AS target_cpu
WHERE 0;

-- view sched_migrate_task of sched__sched_migrate_task
-- A thread moved to another CPU; arg_pid is its tid.
CREATE VIEW IF NOT EXISTS sched_migrate_task AS SELECT
	NULL AS id, NULL AS ts, NULL AS cpu, NULL AS pid, NULL AS tid, NULL AS goid,
	NULL AS stack_id, NULL AS period, NULL AS comm, NULL AS arg_pid, NULL AS prio,
	NULL AS orig_cpu, NULL AS dest_cpu
WHERE 0;

-- view sched_process_fork of sched__sched_process_fork
-- A process or thread was made.
CREATE VIEW IF NOT EXISTS sched_process_fork AS SELECT
	NULL AS id, NULL AS ts, NULL AS cpu, NULL AS pid, NULL AS tid, NULL AS goid,
	NULL AS stack_id, NULL AS period, NULL AS parent_comm, NULL AS parent_pid,
	NULL AS child_comm, NULL AS child_pid
WHERE 0;

-- view sched_process_exec of sched__sched_process_exec
-- A process executed another program.
CREATE VIEW IF NOT EXISTS sched_process_exec AS SELECT
	NULL AS id, NULL AS ts, NULL AS cpu, NULL AS pid, NULL AS tid, NULL AS goid,
	NULL AS stack_id, NULL AS period, NULL AS filename, NULL AS arg_pid, NULL AS old_pid
WHERE 0;

-- view sched_process_exit of sched__sched_process_exit
-- A thread ended; arg_pid is its tid.
CREATE VIEW IF NOT EXISTS sched_process_exit AS SELECT
	NULL AS id, NULL AS ts, NULL AS cpu, NULL AS pid, NULL AS tid, NULL AS goid,
	NULL AS stack_id, NULL AS period, NULL AS comm, NULL AS arg_pid, NULL AS prio
WHERE 0;

-- view signal_generate of signal__signal_generate
-- A signal was sent; arg_pid is the tid of the receiver.
CREATE VIEW IF NOT EXISTS signal_generate AS SELECT
	NULL AS id, NULL AS ts, NULL AS cpu, NULL AS pid, NULL AS tid, NULL AS goid,
	NULL AS stack_id, NULL AS period, NULL AS sig, NULL AS errno, NULL AS code, NULL AS comm,
	NULL AS arg_pid, NULL AS "group", NULL AS result
WHERE 0;

-- view signal_deliver of signal__signal_deliver
-- A signal arrived.
CREATE VIEW IF NOT EXISTS signal_deliver AS SELECT
	NULL AS id, NULL AS ts, NULL AS cpu, NULL AS pid, NULL AS tid, NULL AS goid,
	NULL AS stack_id, NULL AS period, NULL AS sig, NULL AS errno, NULL AS code,
	NULL AS sa_handler, NULL AS sa_flags
WHERE 0;

-- view preempt_disable of preemptirq__preempt_disable
-- The kernel switched preemption off on a CPU.
CREATE VIEW IF NOT EXISTS preempt_disable AS SELECT
	NULL AS id, NULL AS ts, NULL AS cpu, NULL AS pid, NULL AS tid, NULL AS goid,
	NULL AS stack_id, NULL AS period, NULL AS caller_offs, NULL AS parent_offs
WHERE 0;

-- view preempt_enable of preemptirq__preempt_enable
-- The kernel switched preemption on again.
CREATE VIEW IF NOT EXISTS preempt_enable AS SELECT
	NULL AS id, NULL AS ts, NULL AS cpu, NULL AS pid, NULL AS tid, NULL AS goid,
	NULL AS stack_id, NULL AS period, NULL AS caller_offs, NULL AS parent_offs
WHERE 0;

-- view irq_disable of preemptirq__irq_disable
-- The kernel switched interrupts off on a CPU.
CREATE VIEW IF NOT EXISTS irq_disable AS SELECT
	NULL AS id, NULL AS ts, NULL AS cpu, NULL AS pid, NULL AS tid, NULL AS goid,
	NULL AS stack_id, NULL AS period, NULL AS caller_offs, NULL AS parent_offs
WHERE 0;

-- view irq_enable of preemptirq__irq_enable
-- The kernel switched interrupts on again.
CREATE VIEW IF NOT EXISTS irq_enable AS SELECT
	NULL AS id, NULL AS ts, NULL AS cpu, NULL AS pid, NULL AS tid, NULL AS goid,
	NULL AS stack_id, NULL AS period, NULL AS caller_offs, NULL AS parent_offs
WHERE 0;
