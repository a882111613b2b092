#include "source/bak/database.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "source/bak/allocation.h"
#include "source/bak/members.h"

enum { VERSION_FIRST = 611, VERSION_LAST = 957, WARNINGS_MAX = 200 };

struct warning {
    char *text;
    bool is_fault;
};

struct bak_database {
    struct bak_members members;
    struct bak_progress progress;
    struct bak_store *store;
    struct bak_catalogue *catalogue;
    struct warning warnings[WARNINGS_MAX];
    size_t warning_count;
};

static void put_warning(struct bak_database *database, bool is_fault, const char *format, va_list arguments)
    PRINTF_LIKE(3, 0);

static void put_warning(struct bak_database *database, bool is_fault, const char *format, va_list arguments)
{
    char line[FAULT_TEXT_SIZE];

    if (database->warning_count == WARNINGS_MAX)
        return;
    vsnprintf(line, sizeof line, format, arguments);
    database->warnings[database->warning_count++] = (struct warning){x_strdup(line), is_fault};
}

/* Something that is good to know. */
static void warn(struct bak_database *database, const char *format, ...) PRINTF_LIKE(2, 3);

static void warn(struct bak_database *database, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    put_warning(database, false, format, arguments);
    va_end(arguments);
}

/* Something that is damaged, missing or doubtful. */
static void complain(struct bak_database *database, const char *format, ...) PRINTF_LIKE(2, 3);

static void complain(struct bak_database *database, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    put_warning(database, true, format, arguments);
    va_end(arguments);
}

static bool check_kind(const struct bak_set *set, const char *name, struct fault *fault)
{
    switch (set->kind) {
    case BAK_KIND_FULL:
        return true;
    case BAK_KIND_DIFFERENTIAL:
        return fault_set(fault, FAULT_BAD_INPUT,
                         "set %u of %s is a differential backup: it holds only what changed since a full one. Ask for "
                         "a full backup",
                         set->number, name);
    case BAK_KIND_LOG:
        return fault_set(fault, FAULT_BAD_INPUT,
                         "set %u of %s is a backup of the transaction log, without the tables. Ask for a full backup",
                         set->number, name);
    default:
        return fault_set(fault, FAULT_BAD_INPUT,
                         "set %u of %s is a backup of single files or filegroups (kind '%c'), not of the whole "
                         "database. Ask for a full backup",
                         set->number, name, set->kind >= 0x20 && set->kind < 0x7F ? set->kind : '?');
    }
}

static bool check_set(struct bak_database *database, const struct bak_options *options, struct fault *fault)
{
    const struct bak_set *set = bak_set_of(database);
    const struct bak_container *container = bak_member(database, 0);
    const char *name = bak_file_name(bak_container_file(container));

    if (!check_kind(set, name, fault))
        return false;
    if (set->database_version < VERSION_FIRST)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "%s is of SQL Server 2000 or older (database version %u); versions from 2005 on can be read",
                         name, set->database_version);
    if (set->database_version > VERSION_LAST)
        warn(database,
             "the backup is of a newer SQL Server (database version %u) than this program has been tried with",
             set->database_version);
    if (bak_container_media(container)->has_password && !options->with_password)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "%s is protected by a password. Its tables are not encrypted and can be read; make sure that "
                         "the clinic agrees, and say so (--with-password)",
                         name);
    if (bak_container_media(container)->has_password)
        warn(database, "%s is protected by a password; it was read all the same, as its tables are not encrypted",
             name);
    return true;
}

static void warn_of_unknown(struct bak_database *database)
{
    const struct bak_set *set = bak_set_of(database);

    for (size_t i = 0; i < database->members.count; i++) {
        const struct bak_container *container = bak_member(database, i);

        for (size_t k = 0; k < bak_container_unknown_count(container); k++) {
            const struct bak_unknown *unknown = bak_container_unknown(container, k);

            warn(database, "%s has %" PRIu64 " unknown parts of kind %s with %" PRIu64 " bytes, which are not read",
                 bak_file_name(bak_container_file(container)), unknown->count, unknown->id, unknown->bytes);
        }
        if (bak_container_damage(container))
            complain(database, "after the set that is read: %s", bak_container_damage(container));
    }
    for (size_t i = 0; i < set->file_count; i++) {
        if (set->files[i].type != BAK_FILE_DATA && set->files[i].type != BAK_FILE_LOG)
            warn(database,
                 "the database has a container of another kind than tables (%s: FILESTREAM, full-text search "
                 "or in-memory tables); it is not read",
                 set->files[i].name);
    }
}

/* One data file against its allocation maps. When these are damaged, they prove nothing, and that is said once. */
static bool compare_file(struct bak_database *database, const struct bak_data_file *file, bool quiet,
                         int64_t *ret_missing, int64_t *ret_extra, struct fault *fault)
{
    struct fault found = {0};

    if (bak_gam_compare(database->store, (uint16_t)file->id, file->size_bytes / BAK_PAGE_SIZE, ret_missing, ret_extra,
                        &found))
        return true;
    if (found.kind != FAULT_BAD_INPUT) {
        *fault = found;
        return false;
    }
    if (!quiet)
        complain(database, "whether all pages of file %s are in the backup cannot be told: %s", file->name, found.text);
    return true;
}

/* All data files against their allocation maps; *ret_missing and *ret_extra count extents. */
static bool compare_maps(struct bak_database *database, bool quiet, int64_t *ret_missing, int64_t *ret_extra,
                         struct fault *fault)
{
    const struct bak_set *set = bak_set_of(database);

    *ret_missing = 0;
    *ret_extra = 0;
    for (size_t i = 0; i < set->file_count; i++) {
        int64_t missing = 0;
        int64_t extra = 0;

        if (set->files[i].type != BAK_FILE_DATA || set->files[i].pages == 0)
            continue;
        if (!compare_file(database, &set->files[i], quiet, &missing, &extra, fault))
            return false;
        *ret_missing += missing;
        *ret_extra += extra;
    }
    return true;
}

/* The extents as the allocation maps have them, file after file, for what the backup carries. */
static bool follow_maps(struct bak_database *database, struct fault *fault)
{
    const struct bak_set *set = bak_set_of(database);
    struct bak_extent_map map = {0};
    struct fault found = {0};
    uint32_t ordinal = 0;
    bool good = true;
    bool taken = false;

    for (size_t i = 0; good && i < set->file_count; i++) {
        const struct bak_data_file *file = &set->files[i];

        if (file->type == BAK_FILE_DATA && file->pages)
            good = bak_gam_runs(database->store, (uint16_t)file->id, file->size_bytes / BAK_PAGE_SIZE, &ordinal, &map,
                                &found);
    }
    if (good)
        good = bak_store_adopt(database->store, &map, &taken, &found);
    bak_extent_map_release(&map);
    /* Damaged maps were complained of before. */
    if (good || found.kind == FAULT_BAD_INPUT)
        return true;
    *fault = found;
    return false;
}

/* The map of the pages against the set's own count and the allocation maps. Where these do not agree, all extents are
 * looked at, and then the allocation maps are followed. */
static bool prove_map(struct bak_database *database, struct fault *fault)
{
    const struct bak_store_figures *figures = bak_store_figures(database->store);
    int64_t missing = 0;
    int64_t extra = 0;

    if (!compare_maps(database, false, &missing, &extra, fault))
        return false;
    if (missing || extra) {
        if (!bak_store_rescan(database->store, fault) || !follow_maps(database, fault) ||
            !compare_maps(database, true, &missing, &extra, fault))
            return false;
    }
    if (missing || extra)
        complain(database,
                 "%" PRId64 " extents (of 64 KB) that are in use are not in the backup, and %" PRId64
                 " that are free are in it",
                 missing, extra);
    if (figures->twice_extents)
        complain(database, "%" PRId64 " extents (of 64 KB) stand twice in the backup", figures->twice_extents);
    if (figures->extents * BAK_EXTENT_PAGES != figures->declared_pages)
        complain(database, "the backup says that it carries %" PRId64 " pages, but %" PRId64 " are in it",
                 figures->declared_pages, figures->extents * BAK_EXTENT_PAGES);
    return true;
}

static bool read_pages(struct bak_database *database, struct fault *fault)
{
    const struct bak_set *set = bak_set_of(database);
    struct bak_member *members = x_alloc_array(database->members.count, sizeof *members);
    bool good;

    for (size_t i = 0; i < database->members.count; i++)
        members[i] = (struct bak_member){bak_container_file(bak_member(database, i)),
                                         bak_members_set(&database->members, i), database->progress};
    good = bak_store_open(members, database->members.count, &database->store, fault);
    free(members);
    if (!good || !prove_map(database, fault) ||
        !bak_catalogue_read(database->store, set->database_version, &database->catalogue, fault))
        return false;
    for (size_t i = 0; i < bak_catalogue_note_count(database->catalogue); i++)
        complain(database, "%s", bak_catalogue_note(database->catalogue, i));
    return true;
}

bool bak_open(const struct bak_input *inputs, size_t count, const struct bak_options *options,
              struct bak_database **ret, struct fault *fault)
{
    static const struct bak_options none;
    scoped(bak_close) struct bak_database *database = x_alloc(sizeof *database);

    options = options ? options : &none;
    database->progress = options->progress;
    if (!bak_members_open(inputs, count, options->set, &database->members, fault) ||
        !check_set(database, options, fault))
        return false;
    warn_of_unknown(database);
    if (!read_pages(database, fault))
        return fault_prefix(fault, "%s", bak_file_name(bak_container_file(bak_member(database, 0))));
    *ret = steal(database);
    return true;
}

void bak_close(struct bak_database **database)
{
    if (!*database)
        return;
    bak_catalogue_destroy(&(*database)->catalogue);
    bak_store_close(&(*database)->store);
    bak_members_release(&(*database)->members);
    for (size_t i = 0; i < (*database)->warning_count; i++)
        free((*database)->warnings[i].text);
    free(*database);
    *database = NULL;
}

struct bak_progress bak_progress_of(const struct bak_database *database)
{
    return database->progress;
}

struct bak_store *bak_store_of(struct bak_database *database)
{
    return database->store;
}

const struct bak_catalogue *bak_catalogue_of(const struct bak_database *database)
{
    return database->catalogue;
}

const struct bak_set *bak_set_of(const struct bak_database *database)
{
    return bak_members_set(&database->members, 0);
}

size_t bak_set_count(const struct bak_database *database)
{
    return bak_container_set_count(bak_member(database, 0));
}

const struct bak_set *bak_set_at(const struct bak_database *database, size_t set)
{
    return bak_container_set(bak_member(database, 0), set);
}

size_t bak_member_count(const struct bak_database *database)
{
    return database->members.count;
}

const struct bak_container *bak_member(const struct bak_database *database, size_t member)
{
    return database->members.containers[member];
}

void bak_server_name(const struct bak_set *set, struct text *out)
{
    static const struct {
        unsigned version;
        const char *name;
    } names[] = {
        {998, "2025"}, {957, "2022"}, {904, "2019"},    {869, "2017"}, {852, "2016"},
        {782, "2014"}, {706, "2012"}, {660, "2008 R2"}, {655, "2008"}, {611, "2005"},
    };
    const char *name = NULL;

    for (size_t i = 0; i < array_length(names) && !name; i++)
        name = set->database_version >= names[i].version ? names[i].name : NULL;
    text_printf(out, "SQL Server %s (%u.%u.%u)", name ? name : "2000 or older", set->server_major, set->server_minor,
                set->server_build);
}

enum bak_checksum_kind bak_checksum_kind(const struct bak_database *database)
{
    const struct bak_store_figures *figures = bak_store_figures(database->store);

    if (figures->with_checksum * 2 >= figures->pages_read && figures->with_checksum)
        return BAK_CHECKSUMS;
    return figures->with_torn_bits ? BAK_TORN_BITS : BAK_NO_CHECKING;
}

size_t bak_warning_count(const struct bak_database *database)
{
    return database->warning_count;
}

const char *bak_warning(const struct bak_database *database, size_t warning)
{
    return database->warnings[warning].text;
}

bool bak_warning_is_fault(const struct bak_database *database, size_t warning)
{
    return database->warnings[warning].is_fault;
}

bool bak_database_scan(struct bak_database *database, const struct bak_table *table, struct bak_scan **ret,
                       struct fault *fault)
{
    return bak_scan_open(database->store, database->catalogue, table, ret, fault);
}
