#include "source/bak/set_facts.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "source/bak/endian.h"
#include "source/bak/utf16.h"

enum { SCIN_SIZE_LEAST = 0x70, SFGI_SIZE_LEAST = 0x14, SFIN_SIZE_LEAST = 0x38 };

int64_t bak_time_at(const uint8_t *at)
{
    uint64_t bits = bak_u40_big(at);
    int64_t year = (int64_t)(bits >> 26);
    unsigned month = (unsigned)(bits >> 22) & 15;
    unsigned day = (unsigned)(bits >> 17) & 31;
    unsigned hour = (unsigned)(bits >> 12) & 31;
    unsigned minute = (unsigned)(bits >> 6) & 63;
    unsigned second = (unsigned)bits & 63;

    if (!date_exists(year, month, day) || hour > 23 || minute > 59 || second > 59)
        return BAK_TIME_UNSET;
    return ((days_from_date(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
}

static struct bak_lsn lsn_at(const uint8_t *at)
{
    return (struct bak_lsn){bak_u32(at), bak_u32(at + 4), bak_u16(at + 8)};
}

/* The text of a string address within a record; "" when it would lie outside. */
static char *string_at(const uint8_t *record, size_t size, size_t address)
{
    size_t length = bak_u16(record + address);
    size_t offset = bak_u16(record + address + 2);

    if (offset > size || length > size - offset)
        return x_strdup("");
    return bak_utf16_string(record + offset, length);
}

static void read_scin(const uint8_t *record, size_t size, struct bak_set *set)
{
    set->server_build = bak_u16(record + 0x18);
    set->server_minor = record[0x1A];
    set->server_major = record[0x1B];
    set->first_lsn = lsn_at(record + 0x20);
    set->last_lsn = lsn_at(record + 0x2A);
    set->checkpoint_lsn = lsn_at(record + 0x34);
    set->created = bak_time_at(record + 0x48);
    set->started = bak_time_at(record + 0x4D);
    set->finished = bak_time_at(record + 0x52);
    set->kind = record[0x57];
    set->compatibility = record[0x5B];
    set->database_version = bak_u16(record + 0x5E);
    set->database = string_at(record, size, 0x68);
    set->server = string_at(record, size, 0x6C);
}

static void read_sfgi(const uint8_t *record, size_t size, struct bak_set *set)
{
    set->filegroups = x_grow_array(set->filegroups, set->filegroup_count + 1, sizeof *set->filegroups);
    set->filegroups[set->filegroup_count++] =
        (struct bak_filegroup){.id = bak_u32(record + 0x0C), .name = string_at(record, size, 0x10)};
}

static void read_sfin(const uint8_t *record, size_t size, struct bak_set *set)
{
    set->files = x_grow_array(set->files, set->file_count + 1, sizeof *set->files);
    set->files[set->file_count++] = (struct bak_data_file){
        .id = bak_u32(record + 0x14),
        .type = bak_u32(record + 0x1C),
        .filegroup = bak_u32(record + 0x24),
        .sector_size = bak_u32(record + 0x20),
        .pages = bak_u32(record + 0x18),
        .size_bytes = bak_i64(record + 0x28),
        .name = string_at(record, size, 0x30),
        .path = string_at(record, size, 0x34),
    };
}

static bool is_tag(const uint8_t *record, const char *tag)
{
    return memcmp(record, tag, 4) == 0;
}

static bool read_record(const uint8_t *record, size_t size, struct bak_set *set, const char **ret_why)
{
    if (is_tag(record, "SCIN")) {
        *ret_why = "its facts (SCIN) are too short or come twice";
        if (size < SCIN_SIZE_LEAST || set->database)
            return false;
        read_scin(record, size, set);
    } else if (is_tag(record, "SFGI")) {
        *ret_why = "a filegroup's record (SFGI) is too short, or there are too many";
        if (size < SFGI_SIZE_LEAST || set->filegroup_count >= BAK_DATA_FILES_MAX)
            return false;
        read_sfgi(record, size, set);
    } else if (is_tag(record, "SFIN")) {
        *ret_why = "a file's record (SFIN) is too short or of another page size, or there are too many";
        if (size < SFIN_SIZE_LEAST || set->file_count >= BAK_DATA_FILES_MAX)
            return false;
        if (bak_u32(record + 0x1C) == BAK_FILE_DATA && bak_u32(record + 0x10) != BAK_PAGE_SIZE)
            return false;
        read_sfin(record, size, set);
    }
    return true;
}

static bool read_records(const uint8_t *data, size_t size, struct bak_set *set, const char **ret_why)
{
    for (size_t at = 0; at + 8 <= size;) {
        size_t length = bak_u32(data + at + 4);

        /* The stream may be longer than its records. */
        if (bak_u32(data + at) == 0)
            break;
        *ret_why = "the records of its facts (MQCI) do not fit together";
        if (length < 8 || length > size - at)
            return false;
        if (!read_record(data + at, length, set, ret_why))
            return false;
        at += length;
    }
    *ret_why = "it has no facts (SCIN)";
    return set->database != NULL;
}

static void release_facts(struct bak_set *set)
{
    string_free(&set->database);
    string_free(&set->server);
    for (size_t i = 0; i < set->file_count; i++) {
        string_free(&set->files[i].name);
        string_free(&set->files[i].path);
    }
    free(set->files);
    set->files = NULL;
    set->file_count = 0;
    for (size_t i = 0; i < set->filegroup_count; i++)
        string_free(&set->filegroups[i].name);
    free(set->filegroups);
    set->filegroups = NULL;
    set->filegroup_count = 0;
}

/* The first pass's pages by file, which only MSCI is sure to have. */
static void keep_pages(const struct bak_set *announced, struct bak_set *set)
{
    for (size_t i = 0; i < set->file_count && i < announced->file_count; i++) {
        if (set->files[i].id == announced->files[i].id)
            set->files[i].pages = announced->files[i].pages;
    }
}

bool bak_set_facts_read(const uint8_t *data, size_t size, bool final, struct bak_set *set, const char **ret_why)
{
    struct bak_set fresh = *set;

    fresh.database = NULL;
    fresh.server = NULL;
    fresh.files = NULL;
    fresh.file_count = 0;
    fresh.filegroups = NULL;
    fresh.filegroup_count = 0;
    if (!read_records(data, size, &fresh, ret_why)) {
        release_facts(&fresh);
        return false;
    }
    fresh.announced_checkpoint_lsn = set->has_facts ? set->announced_checkpoint_lsn : fresh.checkpoint_lsn;
    keep_pages(set, &fresh);
    release_facts(set);
    fresh.has_facts = true;
    fresh.has_final = fresh.has_final || final;
    *set = fresh;
    *ret_why = NULL;
    return true;
}

void bak_set_release(struct bak_set *set)
{
    release_facts(set);
    string_free(&set->name);
    string_free(&set->description);
    string_free(&set->user);
    free(set->pieces);
    free(set->log);
    *set = (struct bak_set){0};
}
