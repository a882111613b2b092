#include "sandbox/pages.h"

#include <inttypes.h>
#include <string.h>

#include "base/number.h"

enum { LINK_MAX = 128 * 1024 };

static int64_t read_number(const struct target *target, const char *name, int64_t fallback)
{
    const char *text = target_parameter(target, name);
    struct fault ignored;
    int64_t value = 0;

    if (!text || !number_parse(slice_of(text), 1, INT32_MAX, &value, &ignored))
        return fallback;
    return value;
}

struct pages pages_parse(const struct target *target)
{
    struct pages pages = {read_number(target, "page", 1), read_number(target, "per_page", PAGES_DEFAULT)};

    if (pages.per_page > PAGES_MOST)
        pages.per_page = PAGES_MOST;
    return pages;
}

static void put_link(const char *name, int64_t page, const struct target *target, const char *base,
                     struct json_writer *writer)
{
    struct text link;

    text_init(&link, LINK_MAX);
    text_puts(&link, base);
    for (int i = 1; i < target->segment_count; i++)
        text_printf(&link, "%s%s", i > 1 ? "/" : "", target->segments[i]);
    text_printf(&link, "?page=%" PRId64, page);
    for (int i = 0; i < target->parameter_count; i++) {
        if (strcmp(target->parameters[i].name, "page") == 0)
            continue;
        text_putc(&link, '&');
        target_percent_encode(&link, target->parameters[i].name);
        text_putc(&link, '=');
        target_percent_encode(&link, target->parameters[i].value);
    }
    json_key(writer, name);
    json_put_slice(writer, text_slice(&link));
    text_release(&link);
}

void pages_write(const struct pages *pages, const struct target *target, const char *base, uint64_t total,
                 struct json_writer *writer)
{
    int64_t last = ((int64_t)total + pages->per_page - 1) / pages->per_page;

    json_member_integer(writer, "total_entries", (int64_t)total);
    json_key(writer, "links");
    json_begin_object(writer);
    put_link("self", pages->page, target, base, writer);
    if (pages->page < last)
        put_link("next", pages->page + 1, target, base, writer);
    if (pages->page > 1)
        put_link("previous", pages->page > last + 1 ? (last > 0 ? last : 1) : pages->page - 1, target, base, writer);
    json_end_object(writer);
}
