perf record -N -k CLOCK_MONOTONIC --synth=task -a --call-graph fp -m 4M --switch-output=signal -o perf.data -e probe_situations:\* -e sched:sched_switch,sched:sched_wakeup,sched:sched_waking,sched:sched_wakeup_new,sched:sched_migrate_task,sched:sched_process_fork,sched:sched_process_exec,sched:sched_process_exit -e signal:signal_generate,signal:signal_deliver -e cpu-clock/freq=999,name=cpu-clock/ -- /tmp/gotrace-samples/situations-1.19 -log truth.log -g 2 -n 8 -pause 100ms breakme
# meanwhile: sleep 0.7; kill -USR2 PERF
mv perf.data.TIMESTAMP perf.data.1
# What perf 6.1.192 reads in it:
perf evlist -v -i perf.data.1 > perf.evlist.1
perf script -D -i perf.data.1 | grep -aE 'PERF_RECORD_(LOST|THROTTLE|UNTHROTTLE)' > perf.lost.1
perf script -i perf.data.1 --ns --no-inline -F comm,pid,tid,cpu,time,period,event,ip,sym,dso,trace | xz > perf.script.1.xz
perf report --stats -i perf.data.1 > perf.stats.1
mv perf.data.TIMESTAMP perf.data.2
# What perf 6.1.192 reads in it:
perf evlist -v -i perf.data.2 > perf.evlist.2
perf script -D -i perf.data.2 | grep -aE 'PERF_RECORD_(LOST|THROTTLE|UNTHROTTLE)' > perf.lost.2
perf script -i perf.data.2 --ns --no-inline -F comm,pid,tid,cpu,time,period,event,ip,sym,dso,trace | xz > perf.script.2.xz
perf report --stats -i perf.data.2 > perf.stats.2
