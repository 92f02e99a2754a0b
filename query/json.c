/* SPDX-License-Identifier: GPL-2.0-only */
#include "query/json.h"

#include <sqlite3.h>

void json_column(struct json *j, const char *key, sqlite3_stmt *stmt, int column)
{
	const void *bytes;

	switch (sqlite3_column_type(stmt, column)) {
	case SQLITE_INTEGER: json_int(j, key, sqlite3_column_int64(stmt, column)); break;
	case SQLITE_FLOAT: json_real(j, key, sqlite3_column_double(stmt, column)); break;
	case SQLITE_TEXT:
		bytes = sqlite3_column_text(stmt, column);
		json_bytes(j, key, bytes, (size_t)sqlite3_column_bytes(stmt, column));
		break;
	case SQLITE_BLOB:
		bytes = sqlite3_column_blob(stmt, column);
		json_hex(j, key, bytes, (size_t)sqlite3_column_bytes(stmt, column));
		break;
	default: json_text(j, key, NULL); break;
	}
}

void json_columns(struct json *j, sqlite3_stmt *stmt)
{
	for (int i = 0; i < sqlite3_column_count(stmt); i++)
		json_column(j, sqlite3_column_name(stmt, i), stmt, i);
}
