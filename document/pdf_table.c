#include "document/pdf_table.h"

#include <string.h>

/* Stops are found from the rows at the head of a long table, so that its first page need not wait for the last. */
enum { ROWS_MEASURED = 200 };

#define COLUMN_GAP   12.0
#define COLUMN_LEAST 24.0

/* The last column may be wider than what is left for it: its text is wrapped. It needs at least this part of the width.
 */
#define LAST_COLUMN_PART 0.35

static bool is_row(const struct document *document, size_t index)
{
    struct document_block block = document_block_at(document, index);

    return !block.picture && block.text.size > 0 && memchr(block.text.data, '\t', block.text.size) != NULL;
}

size_t table_row_count(const struct document *document, size_t first)
{
    size_t end = first;

    while (end < document_block_count(document) && is_row(document, end))
        end++;
    return end - first;
}

/* Widens the columns to the cells of a row, all but the last cell, which no tab follows. False for too many cells. */
static bool measure_row(struct flow *flow, struct slice row, double *widths, size_t *columns)
{
    size_t column = 0;

    for (column = 0; column < FLOW_TABS_MAX; column++) {
        const char *tab = row.size ? memchr(row.data, '\t', row.size) : NULL;
        struct slice cell = {row.data, tab ? (size_t)(tab - row.data) : 0};
        double width = 0;

        if (!tab) {
            *columns = column > *columns ? column : *columns;
            return true;
        }
        width = flow_text_width(flow, FLOW_BODY, cell);
        widths[column] = width > widths[column] ? width : widths[column];
        row.data = tab + 1;
        row.size -= cell.size + 1;
    }
    return false;
}

bool table_tabs(struct flow *flow, const struct document *document, size_t first, size_t count, struct flow_tabs *ret)
{
    double widths[FLOW_TABS_MAX] = {0};
    size_t i = 0;
    double at = 0;

    ret->count = 0;
    for (i = first; i < first + count && i < first + ROWS_MEASURED; i++)
        if (!measure_row(flow, document_block_at(document, i).text, widths, &ret->count))
            return false;
    for (i = 0; i < ret->count; i++) {
        at += (widths[i] > COLUMN_LEAST ? widths[i] : COLUMN_LEAST) + COLUMN_GAP;
        ret->at[i] = at;
    }
    ret->indent = at;
    return at <= TEXT_WIDTH * (1 - LAST_COLUMN_PART);
}
