/*
 * One mapping at work: the rows of its table with what is joined to them, seen as an expression's row.
 */
#ifndef SOURCE_PASS_H
#define SOURCE_PASS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "model/profile.h"
#include "source/source.h"

struct pass;

/* Checks that the tables and columns of the mapping are there, without reading further than their headers. */
MUST_CHECK bool pass_check(struct source *source, const struct profile_mapping *mapping, struct fault *fault);

/* Loads the joined tables and starts on the table's rows. Source, profile, mapping and answers (NULL for none) are
 * borrowed. */
MUST_CHECK bool pass_open(struct source *source, const struct profile *profile, const struct profile_mapping *mapping,
                          const struct json *answers, struct pass **ret, struct fault *fault);
void pass_close(struct pass **pass);

/* Moves to the next row; *ret_end at the end. A mapping without a table has one row of no columns. */
MUST_CHECK bool pass_next(struct pass *pass, bool *ret_end, struct fault *fault);

/* What it was opened with. */
const struct profile_mapping *pass_mapping(const struct pass *pass);

/* The row at hand, for expressions. */
const struct expression_row *pass_row(const struct pass *pass);

/* Why the value that was evaluated last was refused; REFUSAL_OTHER unless a map or a join says more. It stays until it
 * is cleared by the caller or with the next row. */
struct refusal *pass_refusal(struct pass *pass);

/* As scan_locate, for a column of the mapping's own table in the row at hand. */
MUST_CHECK bool pass_locate(const struct pass *pass, size_t column, struct text *locator, int64_t *ret_size_bytes,
                            bool *ret_found, struct fault *fault);

/* Where it stands: the table, its file name and row number; "profile" and 0 without a table. */
const char *pass_table(const struct pass *pass);
const char *pass_origin(const struct pass *pass);
uint64_t pass_row_number(const struct pass *pass);

/* Keys and references that a spreadsheet has turned into "5.91486E+12" name nobody any more: faults, with the number of
 * such values in the table, when the row at hand has one. */
MUST_CHECK bool pass_check_identities(struct pass *pass, struct fault *fault);

#endif
