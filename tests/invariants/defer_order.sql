-- A deferred call does not run before it is registered.
-- needs: defer
SELECT id FROM defer WHERE ran_ts < registered_ts;
