-- SPDX-License-Identifier: GPL-2.0-only
-- title: what each source lost
SELECT name, events, lost_events, lost_percent, complete, sampled_reason FROM loss ORDER BY source_id;
