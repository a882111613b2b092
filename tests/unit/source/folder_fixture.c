#include "folder_fixture.h"

#include <archive.h>
#include <archive_entry.h>
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void folder_fixture_make(struct folder_fixture *fixture)
{
    snprintf(fixture->path, sizeof fixture->path, "/tmp/handover-source-XXXXXX");
    cr_assert(mkdtemp(fixture->path) != NULL);
}

void folder_fixture_remove(struct folder_fixture *fixture)
{
    DIR *folder = opendir(fixture->path);

    for (const struct dirent *entry = folder ? readdir(folder) : NULL; entry; entry = readdir(folder)) {
        char path[400];

        snprintf(path, sizeof path, "%s/%s", fixture->path, entry->d_name);
        unlink(path);
    }
    if (folder)
        closedir(folder);
    rmdir(fixture->path);
}

const char *folder_fixture_write_bytes(struct folder_fixture *fixture, const char *name, const char *content,
                                       size_t size)
{
    FILE *file = NULL;

    snprintf(fixture->file, sizeof fixture->file, "%s/%s", fixture->path, name);
    file = fopen(fixture->file, "wb");
    cr_assert(file != NULL, "cannot write %s", fixture->file);
    cr_assert_eq(fwrite(content, 1, size, file), size);
    fclose(file);
    return fixture->file;
}

const char *folder_fixture_write(struct folder_fixture *fixture, const char *name, const char *content)
{
    return folder_fixture_write_bytes(fixture, name, content, strlen(content));
}

const char *folder_fixture_zip(struct folder_fixture *fixture, const char *name, const char *member,
                               const char *content, const char *password)
{
    struct archive *archive = archive_write_new();
    struct archive_entry *entry = archive_entry_new();

    snprintf(fixture->file, sizeof fixture->file, "%s/%s", fixture->path, name);
    archive_write_set_format_zip(archive);
    if (password) {
        cr_assert_eq(archive_write_set_options(archive, "zip:encryption=traditional"), ARCHIVE_OK);
        archive_write_set_passphrase(archive, password);
    }
    cr_assert_eq(archive_write_open_filename(archive, fixture->file), ARCHIVE_OK);
    archive_entry_set_pathname(entry, member);
    archive_entry_set_size(entry, (la_int64_t)strlen(content));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0600);
    cr_assert_eq(archive_write_header(archive, entry), ARCHIVE_OK);
    cr_assert_eq(archive_write_data(archive, content, strlen(content)), (la_ssize_t)strlen(content));
    archive_entry_free(entry);
    archive_write_free(archive);
    return fixture->file;
}

const char *shared_fixture(const char *name)
{
    static char path[400];

    snprintf(path, sizeof path, "%s/%s", FIXTURES_DIR, name);
    if (access(path, R_OK) == 0)
        return path;
    cr_log_warn("skipped: there is no fixture %s", path);
    return NULL;
}
