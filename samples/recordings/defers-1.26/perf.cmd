perf record -N -k CLOCK_MONOTONIC --synth=task -a --call-graph fp -m 4M -o perf.data -e probe_situations:\* -e sched:sched_switch,sched:sched_wakeup,sched:sched_waking,sched:sched_wakeup_new,sched:sched_migrate_task,sched:sched_process_fork,sched:sched_process_exec,sched:sched_process_exit -e signal:signal_generate,signal:signal_deliver -e cpu-clock/freq=999,name=cpu-clock/ -- /tmp/gotrace-samples/situations-1.26 -log truth.log -g 2 -n 3 defers
# reference texts, made by perf 6.1.192:
perf report --stats -i perf.data > perf.stats
perf evlist -v -i perf.data > perf.evlist
perf script -i perf.data --ns --no-inline -F comm,pid,tid,cpu,time,period,event,ip,sym,dso,trace | xz > perf.script.xz
perf script -D -i perf.data | grep -aE 'PERF_RECORD_(LOST|THROTTLE|UNTHROTTLE)' > perf.lost
