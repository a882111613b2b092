#include "source/bak/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "source/bak/allocation.h"

struct bak_check {
    struct bak_database *database;
    struct bak_usage *usage;
    size_t run;
    int64_t page;              /* next within the run */
    struct bak_place unmapped; /* in a stretch whose PFS page cannot be used; it was said once */
    struct bak_check_result result;
};

struct bak_check *bak_check_new(struct bak_database *database)
{
    struct bak_check *check = x_alloc(sizeof *check);

    check->database = database;
    check->usage = bak_usage_new(bak_store_of(database));
    check->result.total = bak_store_page_count(bak_store_of(database));
    return check;
}

void bak_check_destroy(struct bak_check **check)
{
    if (!*check)
        return;
    bak_usage_destroy(&(*check)->usage);
    free(*check);
    *check = NULL;
}

const struct bak_check_result *bak_check_result(const struct bak_check *check)
{
    return &check->result;
}

static void put_line(struct bak_check *check, struct bak_place place, const struct bak_page *page, const char *what)
{
    struct bak_check_result *result = &check->result;
    const struct bak_table *table =
        page ? bak_catalogue_table_of_page(bak_catalogue_of(check->database), &page->header) : NULL;
    char text[BAK_PLACE_TEXT_SIZE];

    if (result->line_count < BAK_CHECK_LINES_MAX)
        snprintf(result->lines[result->line_count], BAK_CHECK_LINE_SIZE, "%s%s%s%s%s: %s", bak_place_text(place, text),
                 table ? " of table " : "", table ? table->schema : "", table ? "." : "", table ? table->name : "",
                 what);
    result->line_count++;
}

static bool in_one_stretch(struct bak_place left, struct bak_place right)
{
    return left.file == right.file && left.page / BAK_PFS_PAGES == right.page / BAK_PFS_PAGES;
}

/* Whether the page is in use; without a usable PFS page nobody knows, and each page is judged by itself. */
static bool ask_usage(struct bak_check *check, struct bak_place place, bool *ret_known, bool *ret_allocated,
                      struct fault *fault)
{
    struct fault found = {0};

    *ret_known = !in_one_stretch(place, check->unmapped);
    *ret_allocated = false;
    if (!*ret_known || bak_usage_allocated(check->usage, place, ret_allocated, &found))
        return true;
    if (found.kind != FAULT_BAD_INPUT) {
        *fault = found;
        return false;
    }
    *ret_known = false;
    check->unmapped = place;
    check->result.bad++;
    put_line(check, place, NULL, found.text);
    return true;
}

static bool look(struct bak_check *check, struct bak_place place, struct fault *fault)
{
    struct bak_check_result *result = &check->result;
    enum bak_found found = BAK_ABSENT;
    bool known = false;
    bool allocated = false;
    struct bak_page page;

    result->pages++;
    if (!ask_usage(check, place, &known, &allocated, fault))
        return false;
    if (known && !allocated)
        return true;
    result->in_use += known;
    if (!bak_store_read(bak_store_of(check->database), place, &page, &found, fault))
        return false;
    if (found != BAK_FOUND && known) {
        result->not_there++;
        put_line(check, place, NULL, "it is in use, but something else stands in its place");
    }
    if (found != BAK_FOUND)
        return true;
    result->with_checksum += (page.header.flags & BAK_PAGE_CHECKSUM) != 0;
    result->with_torn_bits += !(page.header.flags & BAK_PAGE_CHECKSUM) && page.header.flags & BAK_PAGE_TORN_BITS;
    if (page.damage == BAK_PAGE_SOUND)
        return true;
    result->bad++;
    put_line(check, place, &page, page.damage == BAK_PAGE_TORN ? "it was only half written" : "its checksum is wrong");
    return true;
}

bool bak_check_step(struct bak_check *check, int64_t pages, bool *ret_end, struct fault *fault)
{
    struct bak_store *store = bak_store_of(check->database);

    *ret_end = false;
    while (pages-- > 0) {
        struct bak_place first;
        int64_t count = 0;

        if (check->run >= bak_store_run_count(store)) {
            *ret_end = true;
            return true;
        }
        bak_store_run(store, check->run, &first, &count);
        first.page += (uint32_t)check->page;
        if (!look(check, first, fault))
            return false;
        if (++check->page == count) {
            check->run++;
            check->page = 0;
        }
    }
    return true;
}
