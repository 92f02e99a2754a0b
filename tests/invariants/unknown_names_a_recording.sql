-- An unknown verdict names the recording that would decide it.
-- needs: verdict
SELECT breakpoint_id FROM verdict WHERE verdict = 'unknown' AND coalesce(next_recording, '') = '';
