perf record -N -k CLOCK_MONOTONIC --synth=task -a --call-graph fp -m 4M -o perf.data -e probe_situations:\* -e sched:sched_switch,sched:sched_wakeup,sched:sched_waking,sched:sched_wakeup_new,sched:sched_migrate_task,sched:sched_process_fork,sched:sched_process_exec,sched:sched_process_exit -e signal:signal_generate,signal:signal_deliver -e cpu-clock/freq=999,name=cpu-clock/ -- /tmp/gotrace-samples/tools/delve-v1.27.2/dlv exec --allow-non-terminal-interactive=true --init session.dlv /tmp/gotrace-samples/situations-1.26 -- -log truth.log -g 3 -n 4 -pause 2ms breakme
# session.dlv: config source-list-line-count 0
# session.dlv: break main.go:623
# session.dlv: break main.go:628
# session.dlv: continue
# session.dlv: continue
# session.dlv: continue
# session.dlv: continue
# session.dlv: continue
# session.dlv: continue
# session.dlv: continue
# session.dlv: continue
# session.dlv: continue
# session.dlv: continue
# session.dlv: continue
# session.dlv: continue
# session.dlv: continue
# session.dlv: exit
# What perf 6.1.192 reads in it:
perf evlist -v -i perf.data > perf.evlist
perf script -D -i perf.data | grep -aE 'PERF_RECORD_(LOST|THROTTLE|UNTHROTTLE)' > perf.lost
perf script -i perf.data --ns --no-inline -F comm,pid,tid,cpu,time,period,event,ip,sym,dso,trace | xz > perf.script.xz
perf report --stats -i perf.data > perf.stats
# perf.script holds 1,000 of the 6364 events, chosen at random (awk, srand(1))
