#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "folder_fixture.h"
#include "source/source.h"

static struct folder_fixture folder;
static char beside[64];

static void make(void)
{
    folder_fixture_make(&folder);
    snprintf(beside, sizeof beside, "%.40s/Files.files", folder.path);
    cr_assert_eq(mkdir(beside, 0700), 0);
}

static void clean(void)
{
    struct folder_fixture inner;

    snprintf(inner.path, sizeof inner.path, "%s", beside);
    folder_fixture_remove(&inner);
    folder_fixture_remove(&folder);
}

TestSuite(blob, .init = make, .fini = clean);

/* Locates the one cell of a table: the locator, "-" for a text, or "! fault". */
static void locate(const char *cell, struct text *out)
{
    scoped(string_free) char *content = x_sprintf("A\n\"%s\"\n", cell);
    scoped(source_close) struct source *source = NULL;
    scoped(scan_close) struct scan *scan = NULL;
    const struct value *values = NULL;
    struct fault fault = {0};
    size_t table = 0;
    int64_t size = 0;
    bool found = false;

    folder_fixture_write(&folder, "Files.csv", content);
    cr_assert(source_open(folder.path, &(struct source_options){0}, &source, &fault) &&
                  source_find_table(source, "Files", &table, &fault) && source_scan(source, table, &scan, &fault) &&
                  scan_next(scan, &values, &fault),
              "%s", fault.text);
    text_clear(out);
    if (!scan_locate(scan, 0, out, &size, &found, &fault))
        text_printf(out, "! %s", fault.text);
    else if (!found)
        text_puts(out, "-");
}

static void read_whole(const char *locator, struct text *out)
{
    scoped(source_close) struct source *source = NULL;
    scoped(blob_close) struct blob *blob = NULL;
    struct fault fault = {0};
    char piece[3];
    size_t size = 0;

    text_clear(out);
    cr_assert(source_open(folder.path, &(struct source_options){0}, &source, &fault), "%s", fault.text);
    if (!source_open_blob(source, locator, &blob, &fault)) {
        text_printf(out, "! %s", fault.text);
        return;
    }
    do {
        cr_assert(blob_read(blob, piece, sizeof piece, &size, &fault), "%s", fault.text);
        text_put(out, piece, size);
    } while (size);
    cr_expect_eq(blob_size(blob), (int64_t)out->size);
}

Test(blob, finds_files_beside_the_tables_and_reads_them)
{
    struct text out;

    text_init(&out, 2000);
    folder_fixture_write(&folder, "Files.files/x ray \xC3\xA9%.jpg", "12345678");
    folder_fixture_write(&folder, "note.rtf", "{\\rtf1 x}");
    locate("Files.files/x ray \xC3\xA9%.jpg", &out);
    cr_expect_str_eq(text_string(&out), "file:8:Files.files/x%20ray%20%C3%A9%25.jpg");
    read_whole("file:8:Files.files/x%20ray%20%C3%A9%25.jpg", &out);
    cr_expect_str_eq(text_string(&out), "12345678");
    locate("note.rtf", &out);
    cr_expect_str_eq(text_string(&out), "file:9:note.rtf");
    unlink(folder.file);
    text_release(&out);
}

Test(blob, takes_the_paths_of_windows)
{
    struct text out;

    text_init(&out, 2000);
    folder_fixture_write(&folder, "Files.files/a.jpg", "1");
    locate("Files.files\\a.jpg", &out);
    cr_expect_str_eq(text_string(&out), "file:1:Files.files/a.jpg");
    text_release(&out);
}

Test(blob, text_is_no_path)
{
    static const char *const texts[] = {"Neck pain 7/10, better",
                                        "no change",
                                        "{\\rtf1 long}",
                                        "Files.csv",
                                        "Files.files",
                                        "see Files.files/a.jpg",
                                        "a.jpg",
                                        ".",
                                        "/",
                                        "line\nFiles.files/a.jpg"};
    struct text out;

    text_init(&out, 2000);
    for (size_t i = 0; i < array_length(texts); i++) {
        locate(texts[i], &out);
        cr_expect_str_eq(text_string(&out), "-", "'%s': got '%s'", texts[i], text_string(&out));
    }
    text_release(&out);
}

Test(blob, says_what_is_wrong_without_the_name)
{
    scoped(string_free) char *locked = x_sprintf("%s/locked.jpg", beside);
    scoped(string_free) char *link_path = x_sprintf("%s/link.jpg", beside);
    scoped(string_free) char *linked_folder = x_sprintf("%s/inner", beside);
    struct text out;

    text_init(&out, 2000);
    locate("Files.files/Jane Roe.jpg", &out);
    cr_expect_str_eq(text_string(&out), "! names a file that is not there");
    cr_assert_eq(symlink("/etc/hostname", link_path), 0);
    locate("Files.files/link.jpg", &out);
    cr_expect(strstr(text_string(&out), "! names a file by way of a symbolic link"), "got %s", text_string(&out));
    cr_assert_eq(symlink("/etc", linked_folder), 0);
    locate("Files.files/inner/hostname", &out);
    cr_expect(strstr(text_string(&out), "! names a file by way of a symbolic link"), "got %s", text_string(&out));
    locate("Files.files/../../../../etc/passwd", &out);
    cr_expect_str_eq(text_string(&out), "! names a file outside the folder of the export");
    locate("/etc/passwd", &out);
    cr_expect_str_eq(text_string(&out), "! names a file outside the folder of the export");
    if (geteuid() != 0) {
        folder_fixture_write(&folder, "Files.files/locked.jpg", "1");
        cr_assert_eq(chmod(locked, 0), 0);
        locate("Files.files/locked.jpg", &out);
        cr_expect(strstr(text_string(&out), "! names a file that cannot be read"), "got %s", text_string(&out));
    }
    text_release(&out);
}

Test(blob, opens_only_what_was_located)
{
    static const char *const refused[] = {"",
                                          "file:",
                                          "file:1",
                                          "file:x:a",
                                          "file:-1:a",
                                          "file:1:",
                                          "file:1:/etc/passwd",
                                          "file:1:../Files.csv",
                                          "file:1:Files.files/%2E%2E/a",
                                          "file:1:Files.files/%zz",
                                          "file:1:Files.files/%4",
                                          "http://x"};
    struct text out;

    text_init(&out, 2000);
    folder_fixture_write(&folder, "Files.csv", "A\n1\n");
    for (size_t i = 0; i < array_length(refused); i++) {
        read_whole(refused[i], &out);
        cr_expect(strstr(text_string(&out), "! a locator is not of this source"), "'%s': got '%s'", refused[i],
                  text_string(&out));
    }
    read_whole("file:3:Files.files/gone.jpg", &out);
    cr_expect_str_eq(text_string(&out), "! the record's file is no longer there");
    folder_fixture_write(&folder, "Files.files/a.jpg", "12345");
    read_whole("file:3:Files.files/a.jpg", &out);
    cr_expect_str_eq(text_string(&out), "! the record's file has 5 bytes, but had 3 when it was extracted");
    text_release(&out);
}

Test(blob, a_zip_with_files_beside_its_tables_is_to_be_unpacked)
{
    const char *path = folder_fixture_zip(&folder, "e.zip", "export/Files.files/a.jpg", "1", NULL);
    scoped(source_close) struct source *source = NULL;
    struct fault fault = {0};

    cr_expect(!source_open(path, &(struct source_options){0}, &source, &fault));
    cr_expect(
        strstr(fault.text, "holds files beside its tables (export/Files.files/a.jpg): unpack it and give the folder"),
        "got %s", fault.text);
}
