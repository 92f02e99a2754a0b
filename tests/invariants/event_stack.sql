-- The stack that an event names is there.
-- needs: event stack
SELECT id FROM event WHERE stack_id IS NOT NULL AND stack_id NOT IN (SELECT id FROM stack);
