-- Where the stretches of a program's lines are known, each place on a line lies in one of that line,
-- but for the line of a function's entry: there a debugger moves on to the first statement.
-- needs: line_pc source_line function
WITH near AS (
	SELECT s.id, l.pc <= s.pc AND s.pc < l.pc_end OR l.pc IS f.addr AS fine
	FROM source_line s JOIN line_pc l ON l.line = s.line AND l.function_id = s.function_id
		AND l.binary_id = s.binary_id AND l.file_id = s.file_id AND l.inlined_into IS s.inlined_into
	JOIN function f ON f.id = s.function_id
	WHERE s.is_line = 1
)
SELECT id FROM near GROUP BY id HAVING NOT max(fine);
