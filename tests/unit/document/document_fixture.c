#include "document_fixture.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

char *shown(struct slice bytes, enum document_format format)
{
    struct document *document = NULL;
    struct fault fault = {0};
    struct text out = {0};

    text_init(&out, 1 << 24);
    if (!document_read(bytes, format, &document, &fault))
        return x_sprintf("! %s", fault.text);
    for (size_t i = 0; i < document_block_count(document); i++) {
        struct document_block block = document_block_at(document, i);

        if (i)
            text_putc(&out, '|');
        if (block.picture)
            text_printf(&out, "<%s %zu %gx%g>", picture_format_name(block.picture->format), block.picture->size,
                        block.picture->width_points, block.picture->height_points);
        else
            text_put(&out, block.text.data, block.text.size);
    }
    document_destroy(&document);
    return text_take(&out);
}

void check_shown(const struct shown_case *cases, size_t count, enum document_format format)
{
    for (size_t i = 0; i < count; i++) {
        scoped(string_free) char *got = shown(slice_of(cases[i].source), format);

        cr_expect_str_eq(got, cases[i].want, "%s: got '%s', want '%s'", cases[i].name, got, cases[i].want);
    }
}

bool fixture_bytes(const char *name, struct text *out)
{
    scoped(string_free) char *path = x_sprintf("%s/%s", FIXTURES_DIR, name);
    scoped(file_close) FILE *file = fopen(path, "rb");
    char chunk[4096];
    size_t size = 0;

    if (!file) {
        cr_log_warn("skipped: there is no fixture %s", path);
        return false;
    }
    text_init(out, 1 << 28);
    while ((size = fread(chunk, 1, sizeof chunk, file)) > 0)
        text_put(out, chunk, size);
    return true;
}

void fixture_each(const char *folder, void (*check)(const char *name, struct slice bytes))
{
    scoped(string_free) char *path = x_sprintf("%s/%s", FIXTURES_DIR, folder);
    DIR *entries = opendir(path);

    if (!entries) {
        cr_log_warn("skipped: there is no folder %s", path);
        return;
    }
    for (const struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
        scoped(string_free) char *name = x_sprintf("%s/%s", folder, entry->d_name);
        struct text bytes = {0};

        if (entry->d_name[0] == '.' || !fixture_bytes(name, &bytes))
            continue;
        check(name, text_slice(&bytes));
        text_release(&bytes);
    }
    closedir(entries);
}
