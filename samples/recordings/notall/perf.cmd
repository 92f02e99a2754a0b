perf record -N -k CLOCK_MONOTONIC --synth=task --call-graph fp -m 4M -o perf.data -e probe_situations:\* -e sched:sched_switch,sched:sched_wakeup,sched:sched_waking,sched:sched_wakeup_new,sched:sched_migrate_task,sched:sched_process_fork,sched:sched_process_exec,sched:sched_process_exit -e signal:signal_generate,signal:signal_deliver -e cpu-clock/freq=999,name=cpu-clock/ -- /tmp/gotrace-samples/situations-1.19 -log truth.log -g 2 -n 2 panics
# What perf 6.1.192 reads in it:
perf evlist -v -i perf.data > perf.evlist
perf script -D -i perf.data | grep -aE 'PERF_RECORD_(LOST|THROTTLE|UNTHROTTLE)' > perf.lost
perf script -i perf.data --ns --no-inline -F trace:comm,pid,tid,cpu,time,period,event,ip,sym,dso,trace -F sw:comm,pid,tid,time,period,event,ip,sym,dso | xz > perf.script.xz
perf report --stats -i perf.data > perf.stats
