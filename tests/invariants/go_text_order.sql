-- Go's code has a beginning and an end.
-- needs: binary
SELECT id FROM binary WHERE (go_text IS NULL) <> (go_text_end IS NULL) OR go_text >= go_text_end;
