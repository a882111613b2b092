#include "source/source_path.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "source/bak/database.h"
#include "source/folder.h"
#include "source/source.h"
#include "source/tds.h"
#include "source/tds_url.h"
#include "source/zip_directory.h"

enum { FILES_MAX = 100, PATH_BYTES_MAX = 64 * 1024, SETS_MAX = 1000000, NOTES_BYTES_MAX = 300 };

static const char backup_ending[] = ".bak";

static bool exists(const char *path)
{
    struct stat state;

    return stat(path, &state) == 0;
}

static bool is_folder(const char *path)
{
    struct stat state;

    return stat(path, &state) == 0 && S_ISDIR(state.st_mode);
}

static bool has_ending(const char *name, const char *ending)
{
    size_t size = strlen(name);
    size_t length = strlen(ending);

    return size > length && strcasecmp(name + size - length, ending) == 0;
}

static void add_path(struct source_path *path, char *owned)
{
    path->paths = x_grow_array(path->paths, path->count + 1, sizeof *path->paths);
    path->paths[path->count++] = owned;
}

/* *ret_known is false for what is no choice: it is part of a file's name then. */
static bool read_choice(struct source_path *path, const char *choice, bool *ret_known, struct fault *fault)
{
    int64_t number = 0;

    *ret_known = true;
    if (strncmp(choice, "set=", 4) == 0) {
        if (!number_parse(slice_of(choice + 4), 1, SETS_MAX, &number, fault))
            return fault_prefix(fault, "#set");
        path->set = (unsigned)number;
        return true;
    }
    if (strncmp(choice, "member=", 7) == 0 && choice[7]) {
        free(path->member);
        path->member = x_strdup(choice + 7);
        return true;
    }
    if (strcmp(choice, "with-password") == 0) {
        path->with_password = true;
        return true;
    }
    *ret_known = false;
    return true;
}

/* Takes the choices off the end of the text. */
static bool cut_choices(struct source_path *path, char *text, struct fault *fault)
{
    while (!exists(text)) {
        char *mark = strrchr(text, '#');
        bool known = false;

        if (!mark || mark == text)
            return true;
        if (!read_choice(path, mark + 1, &known, fault))
            return false;
        if (!known)
            return true;
        *mark = '\0';
    }
    return true;
}

static bool cut_paths(struct source_path *path, char *text, struct fault *fault)
{
    char *rest = text;

    if (exists(text) || !strchr(text, ',')) {
        add_path(path, x_strdup(text));
        return true;
    }
    while (rest) {
        char *one = strsep(&rest, ",");

        if (!one[0] || path->count == FILES_MAX)
            return fault_set(fault, FAULT_BAD_INPUT, "'%.200s' is no list of up to %d files with commas between them",
                             text, FILES_MAX);
        add_path(path, x_strdup(one));
    }
    return true;
}

static int compare_paths(const void *one, const void *two)
{
    return strcmp(*(char *const *)one, *(char *const *)two);
}

/* What lies in a folder or zip. */
struct contents {
    char *backup;      /* the first one */
    char *export;      /* the first file that is surely a table */
    struct text notes; /* names of *.txt: tables of an export, or notes about a backup */
};

static void contents_init(struct contents *contents)
{
    *contents = (struct contents){0};
    text_init(&contents->notes, NOTES_BYTES_MAX);
}

static void contents_release(struct contents *contents)
{
    free(contents->backup);
    free(contents->export);
    text_release(&contents->notes);
}

static void take_name(struct contents *contents, const char *name, bool is_backup)
{
    if (is_backup && !contents->backup)
        contents->backup = x_strdup(name);
    if (is_backup || !folder_is_table(name))
        return;
    if (has_ending(name, ".txt"))
        text_printf(&contents->notes, "%s%s", contents->notes.size ? ", " : "", name);
    else if (!contents->export)
        contents->export = x_strdup(name);
}

/* Decides between a backup and an export. `how` says how the backup alone is given. */
static bool judge(struct source_path *path, const struct contents *contents, const char *how, struct fault *fault)
{
    if (!contents->backup)
        return true;
    if (contents->export)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "%s holds a backup (%.100s) and CSV files too (%.100s): %s; or take the backup away, and the "
                         "CSV files are read",
                         path->paths[0], contents->backup, contents->export, how);
    path->kind = SOURCE_PATH_BACKUP;
    if (contents->notes.size)
        path->beside = x_sprintf("%s%s", text_string(&contents->notes), contents->notes.overflowed ? " …" : "");
    return true;
}

static bool look_into_folder(struct source_path *path, struct fault *fault)
{
    DIR *stream = opendir(path->paths[0]);
    struct contents contents;
    bool good;

    contents_init(&contents);
    for (const struct dirent *entry = stream ? readdir(stream) : NULL; entry; entry = readdir(stream))
        take_name(&contents, entry->d_name, entry->d_name[0] != '.' && has_ending(entry->d_name, backup_ending));
    if (stream)
        closedir(stream);
    good = judge(path, &contents, "give the path of the backup itself to read it", fault);
    contents_release(&contents);
    return good;
}

/* A folder that holds backups stands for these. */
static void list_backups(struct source_path *path)
{
    scoped(string_free) char *folder = path->paths[0];
    DIR *stream = opendir(folder);

    path->count = 0;
    for (const struct dirent *entry = stream ? readdir(stream) : NULL; entry && path->count < FILES_MAX;
         entry = readdir(stream))
        if (entry->d_name[0] != '.' && has_ending(entry->d_name, backup_ending))
            add_path(path, x_sprintf("%s/%s", folder, entry->d_name));
    if (stream)
        closedir(stream);
    if (path->count == 0)
        add_path(path, x_strdup(folder));
    qsort(path->paths, path->count, sizeof *path->paths, compare_paths);
}

/* What is wrong with a zip that cannot be read, its reader says. */
static bool look_into_zip(struct source_path *path, struct fault *fault)
{
    scoped(zip_directory_destroy) struct zip_directory *zip = NULL;
    struct contents contents;
    struct fault ignored = {0};
    bool good = true;

    path->kind = path->member ? SOURCE_PATH_BACKUP : SOURCE_PATH_CSV;
    if (!path->member && zip_directory_read(path->paths[0], &zip, &ignored)) {
        contents_init(&contents);
        for (size_t i = 0; i < zip->count; i++)
            if (strncmp(zip->members[i].name, "__MACOSX/", 9) != 0)
                take_name(&contents, zip->members[i].name, zip_member_is_backup(&zip->members[i]));
        good = judge(path, &contents, "say --member NAME to read the backup", fault);
        contents_release(&contents);
    }
    path->is_zip = path->kind == SOURCE_PATH_BACKUP;
    return good;
}

static bool find_kind(struct source_path *path, struct fault *fault)
{
    const char *first = path->paths[0];

    path->kind = path->count > 1 ? SOURCE_PATH_BACKUP : SOURCE_PATH_CSV;
    for (size_t i = 0; i < path->count; i++)
        if (!exists(path->paths[i]))
            return fault_errno(fault, FAULT_BAD_INPUT, "%s cannot be opened", path->paths[i]);
    if (path->kind == SOURCE_PATH_BACKUP)
        return true;
    if (is_folder(first)) {
        if (!look_into_folder(path, fault))
            return false;
        if (path->kind == SOURCE_PATH_BACKUP)
            list_backups(path);
        return true;
    }
    if (zip_recognise(first))
        return look_into_zip(path, fault);
    if (bak_recognise(first) || has_ending(first, backup_ending))
        path->kind = SOURCE_PATH_BACKUP;
    return true;
}

bool source_path_read(const char *text, struct source_path **ret, struct fault *fault)
{
    scoped(source_path_destroy) struct source_path *path = x_alloc(sizeof *path);
    scoped(string_free) char *copy = x_strdup(text);

    if (!cut_choices(path, copy, fault) || !cut_paths(path, copy, fault) || !find_kind(path, fault))
        return false;
    if (path->kind == SOURCE_PATH_CSV && (path->member || path->set || path->with_password))
        return fault_set(fault, FAULT_BAD_INPUT, "%s is no backup: the choices behind its path mean nothing for it",
                         path->paths[0]);
    *ret = steal(path);
    return true;
}

void source_path_destroy(struct source_path **path)
{
    if (!*path)
        return;
    for (size_t i = 0; i < (*path)->count; i++)
        free((*path)->paths[i]);
    free((*path)->paths);
    free((*path)->member);
    free((*path)->beside);
    free(*path);
    *path = NULL;
}

static void put_choices(const struct source_path *path, struct text *out)
{
    if (path->member)
        text_printf(out, "#member=%s", path->member);
    if (path->set)
        text_printf(out, "#set=%u", path->set);
    if (path->with_password)
        text_puts(out, "#with-password");
}

bool source_resolve(const char *given, char **ret, struct fault *fault)
{
    scoped(source_path_destroy) struct source_path *path = x_alloc(sizeof *path);
    scoped(string_free) char *copy = x_strdup(given);
    struct text out;

    if (tds_url_recognise(given))
        return tds_source_resolve(given, ret, fault);
    if (!cut_choices(path, copy, fault) || !cut_paths(path, copy, fault))
        return false;
    text_init(&out, PATH_BYTES_MAX);
    for (size_t i = 0; i < path->count; i++) {
        scoped(string_free) char *full = realpath(path->paths[i], NULL);

        if (!full) {
            text_release(&out);
            return fault_errno(fault, FAULT_BAD_INPUT, "cannot find the source %s", path->paths[i]);
        }
        text_printf(&out, "%s%s", i ? "," : "", full);
    }
    put_choices(path, &out);
    *ret = text_take(&out);
    return true;
}
