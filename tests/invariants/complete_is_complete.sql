-- A recording that lost or thinned something is not called complete.
-- needs: recording lost source
SELECT 1 FROM recording WHERE complete = 1
	AND (EXISTS (SELECT 1 FROM lost WHERE count > 0) OR EXISTS (SELECT 1 FROM source WHERE complete = 0 AND type IN ('tracepoint', 'uprobe')));
