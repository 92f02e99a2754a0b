-- A panic is not recovered before it rises.
-- needs: panic
SELECT id FROM panic WHERE recovered_ts < ts;
