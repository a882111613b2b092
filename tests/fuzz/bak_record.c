/* Any bytes as a record, in memory of exactly their size: every column lies within them, wherever the catalogue says.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/must.h"
#include "source/bak/record.h"

static volatile unsigned sink;

static void check_cell(const struct bak_record *record, const struct bak_column_place *place, const uint8_t *bytes,
                       size_t size)
{
    struct bak_cell cell;
    const char *why = NULL;
    unsigned sum = 0;

    if (!bak_record_cell(record, place, &cell, &why)) {
        must(why != NULL);
        return;
    }
    must(why == NULL);
    if (cell.state != BAK_CELL_VALUE && cell.state != BAK_CELL_COMPLEX)
        return;
    must(cell.data >= bytes && cell.data + cell.size <= bytes + size);
    for (size_t i = 0; i < cell.size; i++)
        sum += cell.data[i];
    sink += sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = x_alloc_raw(size ? size : 1);
    struct bak_record record;
    const char *why = NULL;

    if (size)
        memcpy(bytes, data, size);
    if (bak_record_parse_any(bytes, size, &record, &why)) {
        must(why == NULL && record.size <= size);
        for (int offset = -6; record.type != BAK_RECORD_STUB && offset < 40; offset++) {
            struct bak_column_place place = {.stored = true,
                                             .leaf_offset = offset,
                                             .null_bit = (unsigned)(offset + 7),
                                             .size = (unsigned)(offset + 6) % 17,
                                             .sparse = offset == 39,
                                             .column_id = bytes[size - 1]};

            check_cell(&record, &place, bytes, size);
        }
    } else {
        must(why != NULL);
    }
    free(bytes);
    return 0;
}
