module preempt

go 1.17
