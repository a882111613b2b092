/* The target of a request with its filters, and a note's HTML, any bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/must.h"
#include "sandbox/filter.h"
#include "sandbox/note_content.h"
#include "sandbox/resource.h"
#include "sandbox/target.h"

enum { HTML_MAX = 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every resource has fields of its own kinds. An empty record meets whatever was asked. */
static void try_filters(const struct target *target)
{
    for (int kind = 0; kind < RESOURCE_COUNT; kind++) {
        const struct schema *schema = resources[kind]->schema;
        struct record *record = record_new(schema);
        struct filter filter = {0};
        struct fault fault = {0};

        if (filter_parse(schema, target, false, kind % 2 == 0, &filter, &fault)) {
            filter_matches(&filter, record);
            filter_indexed(&filter);
        } else {
            must(fault.kind == FAULT_BAD_INPUT && fault.text[0]);
        }
        filter_release(&filter);
        record_destroy(schema, &record);
    }
}

static void try_html(const char *text)
{
    struct text once;
    struct text twice;

    text_init(&once, HTML_MAX);
    text_init(&twice, HTML_MAX);
    note_html_clean(text, &once);
    note_html_clean(text_string(&once), &twice);
    must(strcmp(text_string(&once), text_string(&twice)) == 0);
    must(!strstr(text_string(&once), "<script"));
    text_release(&once);
    text_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = x_strndup((const char *)data, size);
    struct target target;

    if (target_parse(text, &target))
        try_filters(&target);
    target_release(&target);
    try_html(text);
    free(text);
    return 0;
}
