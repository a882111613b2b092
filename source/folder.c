#include "source/folder.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/memory.h"

enum { FILES_MAX = 10000, HEAD_SIZE = 16, ZIP_BLOCK = 64 * 1024 };

static const char *const endings[] = {".csv.gz", ".tsv.gz", ".csv", ".tsv", ".txt"};

/* Files that people hand in by mistake, by how they begin. */
static const struct kind {
    const char *head;
    size_t size;
    const char *what;
} other_kinds[] = {
    {"\xD0\xCF\x11\xE0", 4, "an old Excel or Word file: save each sheet as CSV"},
    {"%PDF", 4, "a PDF: a table must be exported as CSV"},
    {"SQLite format 3", 15, "a SQLite database: export its tables as CSV"},
    {"Rar!", 4, "a RAR archive: pack the files as zip"},
    {"7z\xBC\xAF", 4, "a 7-Zip archive: pack the files as zip"},
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *backslash = strrchr(path, '\\');

    if (backslash && (!slash || backslash > slash))
        return backslash + 1;
    return slash ? slash + 1 : path;
}

/* Where the file name's known ending begins; NULL when it has none. */
static const char *known_ending(const char *name)
{
    size_t length = strlen(name);

    for (size_t i = 0; i < array_length(endings); i++) {
        size_t size = strlen(endings[i]);

        if (length > size && strcasecmp(name + length - size, endings[i]) == 0)
            return name + length - size;
    }
    return NULL;
}

static bool has_ending(const char *name, const char *ending)
{
    size_t length = strlen(name);
    size_t size = strlen(ending);

    return length > size && strcasecmp(name + length - size, ending) == 0;
}

bool folder_is_table(const char *name)
{
    const char *base = base_name(name);

    return base[0] != '.' && known_ending(base) != NULL;
}

static bool add_file(struct folder *folder, const char *path, const char *member, enum packing packing,
                     struct fault *fault)
{
    const char *name = base_name(member ? member : path);
    const char *ending = known_ending(name);
    const char *dot = strrchr(name, '.');
    struct folder_file *file = NULL;

    if (folder->count == FILES_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "%s holds more than %d files", path, FILES_MAX);
    ending = ending ? ending : dot && dot > name ? dot : name + strlen(name);
    folder->files = x_grow_array(folder->files, folder->count + 1, sizeof *folder->files);
    file = &folder->files[folder->count++];
    *file = (struct folder_file){
        .table = x_strndup(name, (size_t)(ending - name)),
        .origin = x_strdup(name),
        .path = x_strdup(path),
        .member = x_strdup(member),
        .packing = packing,
    };
    return true;
}

static bool read_head(const char *path, char ret[HEAD_SIZE], size_t *ret_size, struct fault *fault)
{
    scoped(file_close) FILE *file = fopen(path, "rb");

    if (!file)
        return fault_errno(fault, FAULT_BAD_INPUT, "%s cannot be opened", path);
    *ret_size = fread(ret, 1, HEAD_SIZE, file);
    if (ferror(file))
        return fault_errno(fault, FAULT_BAD_INPUT, "%s cannot be read", path);
    return true;
}

static bool refuse_other_kinds(const char *path, const char *head, size_t size, struct fault *fault)
{
    for (size_t i = 0; i < array_length(other_kinds); i++)
        if (size >= other_kinds[i].size && memcmp(head, other_kinds[i].head, other_kinds[i].size) == 0)
            return fault_set(fault, FAULT_BAD_INPUT, "%s is %s", path, other_kinds[i].what);
    return true;
}

/* A backup is read wherever its pages stand, which gzip does not allow. */
static bool refuse_packed_backup(const char *path, struct fault *fault)
{
    scoped(bytes_close) struct bytes *bytes = NULL;
    struct slice head = {0};
    struct fault ignored = {0};

    if (!bytes_open(path, PACKING_GZIP, NULL, &bytes, &ignored) || !bytes_next(bytes, &head, &ignored))
        return true;
    if (head.size < 8 || (memcmp(head.data, "TAPE", 4) != 0 && memcmp(head.data, "MSSQLBAK", 8) != 0))
        return true;
    return fault_set(fault, FAULT_BAD_INPUT,
                     "%s is a backup packed by gzip: unpack it (gunzip), or pack it as a zip, and give that", path);
}

/* True for what an export puts beside its tables: "Attachment.files/1.jpg", at any depth. */
static bool is_beside(const char *name)
{
    for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/'))
        if (slash - name > 6 && strncasecmp(slash - 6, ".files", 6) == 0)
            return true;
    return false;
}

/* What a zip without any table holds instead, for the message. */
struct zip_contents {
    bool workbook;
    bool zip;
};

static bool add_member(struct folder *folder, const char *path, struct archive_entry *entry,
                       struct zip_contents *contents, struct fault *fault)
{
    const char *name = archive_entry_pathname_utf8(entry);

    if (!name || archive_entry_filetype(entry) == AE_IFDIR || strncmp(name, "__MACOSX/", 9) == 0 ||
        base_name(name)[0] == '.')
        return true;
    contents->workbook |= strncmp(name, "xl/", 3) == 0;
    contents->zip |= has_ending(name, ".zip");
    if (is_beside(name))
        return fault_set(fault, FAULT_BAD_INPUT,
                         "%s holds files beside its tables (%.100s): unpack it and give the folder", path, name);
    if (!known_ending(name) || has_ending(name, ".gz"))
        return true;
    if (archive_entry_is_encrypted(entry))
        return fault_set(fault, FAULT_BAD_INPUT, "%s: %s is protected by a password: pack it without one", path, name);
    return add_file(folder, path, name, PACKING_ZIP, fault);
}

static bool fault_no_table(const char *path, const struct zip_contents *contents, struct fault *fault)
{
    const char *instead = "no .csv file and no .bak file";

    if (contents->workbook)
        return fault_set(fault, FAULT_BAD_INPUT, "%s is an Excel workbook: save each sheet as CSV", path);
    if (contents->zip)
        instead = "another zip and neither .csv nor .bak files: unpack the outer one";
    return fault_set(fault, FAULT_BAD_INPUT, "%s holds %s. A backup of another name is read with --member NAME", path,
                     instead);
}

static void archive_close(struct archive **archive)
{
    if (*archive)
        archive_read_free(*archive);
    *archive = NULL;
}

static bool list_zip(struct folder *folder, const char *path, struct fault *fault)
{
    scoped(archive_close) struct archive *archive = archive_read_new();
    struct archive_entry *entry = NULL;
    struct zip_contents contents = {0};
    int result = 0;

    archive_read_support_format_zip_seekable(archive);
    if (archive_read_open_filename(archive, path, ZIP_BLOCK) != ARCHIVE_OK)
        return fault_set(fault, FAULT_BAD_INPUT, "%s is a damaged or cut-off zip: %s", path,
                         archive_error_string(archive));
    while ((result = archive_read_next_header(archive, &entry)) == ARCHIVE_OK || result == ARCHIVE_WARN)
        if (!add_member(folder, path, entry, &contents, fault))
            return false;
    if (result != ARCHIVE_EOF)
        return fault_set(fault, FAULT_BAD_INPUT, "%s is a damaged zip: %s", path, archive_error_string(archive));
    return folder->count > 0 || fault_no_table(path, &contents, fault);
}

static bool list_folder(struct folder *folder, const char *path, struct fault *fault)
{
    DIR *stream = opendir(path);
    bool done = true;

    if (!stream)
        return fault_errno(fault, FAULT_BAD_INPUT, "%s cannot be opened", path);
    folder->root = x_strdup(path);
    for (const struct dirent *entry = readdir(stream); entry && done; entry = readdir(stream)) {
        if (entry->d_name[0] != '.' && known_ending(entry->d_name)) {
            scoped(string_free) char *file = x_sprintf("%s/%s", path, entry->d_name);

            done = add_file(folder, file, NULL, has_ending(file, ".gz") ? PACKING_GZIP : PACKING_NONE, fault);
        }
    }
    closedir(stream);
    if (done && folder->count == 0)
        return fault_set(
            fault, FAULT_BAD_INPUT,
            "folder %s holds no .csv file and no .bak file. A backup of another name is given by its own path", path);
    return done;
}

static bool list_file(struct folder *folder, const char *path, struct fault *fault)
{
    char head[HEAD_SIZE];
    const char *slash = strrchr(path, '/');
    size_t size = 0;

    if (!read_head(path, head, &size, fault) || !refuse_other_kinds(path, head, size, fault))
        return false;
    if (size >= 4 && (memcmp(head, "PK\3\4", 4) == 0 || memcmp(head, "PK\5\6", 4) == 0))
        return list_zip(folder, path, fault);
    if (has_ending(path, ".zip"))
        return fault_set(fault, FAULT_BAD_INPUT, "%s is named a zip, but it is none", path);
    folder->root = slash ? x_strndup(path, slash == path ? 1 : (size_t)(slash - path)) : x_strdup(".");
    if (size >= 2 && memcmp(head, "\x1F\x8B", 2) == 0)
        return refuse_packed_backup(path, fault) && add_file(folder, path, NULL, PACKING_GZIP, fault);
    return add_file(folder, path, NULL, PACKING_NONE, fault);
}

static int compare_files(const void *one, const void *two)
{
    const struct folder_file *first = one;
    const struct folder_file *second = two;
    int order = strcasecmp(first->table, second->table);

    return order ? order : strcmp(first->origin, second->origin);
}

static bool check_names(const struct folder *folder, struct fault *fault)
{
    for (size_t i = 1; i < folder->count; i++)
        if (strcasecmp(folder->files[i - 1].table, folder->files[i].table) == 0)
            return fault_set(fault, FAULT_BAD_INPUT, "%s and %s are both table %s: leave one of them out",
                             folder->files[i - 1].member ? folder->files[i - 1].member : folder->files[i - 1].path,
                             folder->files[i].member ? folder->files[i].member : folder->files[i].path,
                             folder->files[i].table);
    return true;
}

bool folder_open(const char *path, struct folder **ret, struct fault *fault)
{
    scoped(folder_close) struct folder *folder = x_alloc(sizeof *folder);
    struct stat state = {0};

    if (stat(path, &state) != 0)
        return fault_errno(fault, FAULT_BAD_INPUT, "%s cannot be opened", path);
    if (!S_ISDIR(state.st_mode) && !S_ISREG(state.st_mode))
        return fault_set(fault, FAULT_BAD_INPUT, "%s is neither a file nor a folder", path);
    if (S_ISDIR(state.st_mode) ? !list_folder(folder, path, fault) : !list_file(folder, path, fault))
        return false;
    qsort(folder->files, folder->count, sizeof *folder->files, compare_files);
    if (!check_names(folder, fault))
        return false;
    *ret = steal(folder);
    return true;
}

void folder_close(struct folder **folder)
{
    if (!*folder)
        return;
    for (size_t i = 0; i < (*folder)->count; i++) {
        free((*folder)->files[i].table);
        free((*folder)->files[i].origin);
        free((*folder)->files[i].path);
        free((*folder)->files[i].member);
    }
    free((*folder)->files);
    free((*folder)->root);
    free(*folder);
    *folder = NULL;
}
