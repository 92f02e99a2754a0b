perf record -N -k CLOCK_MONOTONIC --synth=task -a --call-graph fp -m 64 -o perf.data -e probe_situations:\* -e sched:sched_switch,sched:sched_wakeup,sched:sched_waking,sched:sched_wakeup_new,sched:sched_migrate_task,sched:sched_process_fork,sched:sched_process_exec,sched:sched_process_exit -e signal:signal_generate,signal:signal_deliver -e cpu-clock/freq=999,name=cpu-clock/ -- /tmp/gotrace-samples/situations-1.19 -log truth.log -g 2 -n 8 -pause 100ms breakme
# meanwhile: sleep 0.7; kill -KILL PERF
# perf cannot read this file, so there is no reference
