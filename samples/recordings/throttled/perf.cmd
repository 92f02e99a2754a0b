echo 10000 > /proc/sys/kernel/perf_event_max_sample_rate
perf record -N -k CLOCK_MONOTONIC --synth=task -a --call-graph fp -m 4M -o perf.data -e probe_situations:\* -e cpu-clock/period=50000,name=cpu-clock/ -- /tmp/gotrace-samples/situations-1.19 -log truth.log -g 2 -n 1 -spin 60ms spin
# What perf 6.1.192 reads in it:
perf evlist -v -i perf.data > perf.evlist
perf script -D -i perf.data | grep -aE 'PERF_RECORD_(LOST|THROTTLE|UNTHROTTLE)' > perf.lost
perf script -i perf.data --ns --no-inline -F comm,pid,tid,cpu,time,period,event,ip,sym,dso,trace | xz > perf.script.xz
perf report --stats -i perf.data > perf.stats
