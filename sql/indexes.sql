-- SPDX-License-Identifier: GPL-2.0-only
--
-- Indexes, made when all rows are in. Each one costs time at every ingest and room in every file, so
-- only lookups that would otherwise read a large table many times have one. Event tables have none:
-- their id is in time order, and reading one of a million rows takes a tenth of a second.

-- A breakpoint's file and line to addresses.
CREATE INDEX source_line_file ON source_line (file_id, line);
-- What a goroutine did; its slices are few, and in time order by id. Sorting by ts, too, would
-- take twice as long.
CREATE INDEX goroutine_slice_goroutine ON goroutine_slice (goid, pid);
-- What a thread was doing at some time.
CREATE INDEX thread_slice_time ON thread_slice (tid, ts);
-- Which processor a thread had at some time.
CREATE INDEX processor_slice_time ON processor_slice (tid, ts);
-- Rows of a window.
CREATE INDEX window_overlap_preempt ON window_overlap (preempt_window_id);
