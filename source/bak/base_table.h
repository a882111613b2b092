/*
 * The rows of one system base table, along its chain of pages. Unlike user tables these must be sound: everything else
 * rests on them. Format, section 7.2.
 */
#ifndef SOURCE_BAK_BASE_TABLE_H
#define SOURCE_BAK_BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "source/bak/record.h"
#include "source/bak/store.h"

/* Takes one row; its record is borrowed for the call. */
typedef bool (*bak_base_row_fn)(void *context, const struct bak_record *record, struct fault *fault);

/* Gives every row of the table `name` (for messages) whose first page is `first`. `fixed_end`: the fixed part that each
 * row must have at least. *ret_rows: how many there were. FAULT_BAD_INPUT for anything that is not as it should be. */
MUST_CHECK bool bak_base_table_read(struct bak_store *store, const char *name, struct bak_place first, int64_t unit,
                                    unsigned fixed_end, bak_base_row_fn take, void *context, int64_t *ret_rows,
                                    struct fault *fault);

/* Fixed fields; 0 when the row is of a version without it. */
uint8_t bak_base_u8(const struct bak_record *record, unsigned offset);
int16_t bak_base_i16(const struct bak_record *record, unsigned offset);
int32_t bak_base_i32(const struct bak_record *record, unsigned offset);
int64_t bak_base_i64(const struct bak_record *record, unsigned offset);
struct bak_place bak_base_place(const struct bak_record *record, unsigned offset);

/* Variable column `number`, from 0; NULL with size 0 when it is not there or stands elsewhere. */
const uint8_t *bak_base_variable(const struct bak_record *record, unsigned number, size_t *ret_size);

/* The same as an owned UTF-8 string, "" when it is not there. */
char *bak_base_string(const struct bak_record *record, unsigned number);

#endif
