-- A preemption is not answered before it is asked for.
-- needs: preempt_request
SELECT id FROM preempt_request WHERE signalled_ts < ts OR delivered_ts < signalled_ts OR granted_ts < ts;
