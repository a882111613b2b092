/* What a backup says of itself, and what a closer look finds. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "source/bak/log.h"
#include "source/bak_source_parts.h"

enum { LINE_BYTES_MAX = 1000, CHECK_PAGES = 2048, MEGABYTE = 1000 * 1000 };

static const char *kind_name(const struct bak_set *set)
{
    switch (set->kind) {
    case BAK_KIND_FULL:
        return "full";
    case BAK_KIND_DIFFERENTIAL:
        return "differential";
    case BAK_KIND_LOG:
        return "log";
    default:
        return "partial";
    }
}

static void put_time(int64_t seconds, struct text *out)
{
    char instant[INSTANT_SIZE];

    if (seconds == BAK_TIME_UNSET) {
        text_puts(out, "unknown");
        return;
    }
    instant_format(seconds, instant);
    text_printf(out, "%.10s %.8s", instant, instant + 11);
}

static void put_time_fact(struct source_facts *facts, const char *name, const char *title, int64_t seconds)
{
    struct text line;

    text_init(&line, LINE_BYTES_MAX);
    put_time(seconds, &line);
    source_facts_put(facts, name, title, "%s", text_string(&line));
    text_release(&line);
}

static void put_files(const struct bak_source *source, struct source_facts *facts)
{
    size_t count = bak_member_count(source->database);
    int64_t size = 0;
    struct text line;

    text_init(&line, LINE_BYTES_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct bak_file *file = bak_container_file(bak_member(source->database, i));

        size += bak_file_size(file);
        text_printf(&line, "%s%s", i ? ", " : "", bak_file_name(file));
    }
    if (source->spool)
        source_facts_put(facts, "zip_member", "In the zip", "%s, %s", zip_spool_member(source->spool),
                         zip_spool_is_unpacked(source->spool) ? "unpacked into a temporary file" : "read in place");
    else
        source_facts_put(facts, "files", count > 1 ? "Files" : "File", "%s", text_string(&line));
    source_facts_count(facts, "stripes", "Files in the set", (int64_t)count);
    source_facts_count(facts, "size_bytes", "Size in bytes", size);
    text_release(&line);
}

static void put_sets(const struct bak_source *source, struct source_facts *facts)
{
    const struct bak_set *read = bak_set_of(source->database);
    size_t count = bak_set_count(source->database);

    source_facts_put(facts, "set", "Backup set", "%u of %zu", read->number, count);
    for (size_t i = 0; i < count && count > 1; i++) {
        const struct bak_set *set = bak_set_at(source->database, i);
        struct text line;

        text_init(&line, LINE_BYTES_MAX);
        text_printf(&line, "%u: %s backup of %s, ", set->number, kind_name(set), set->database);
        put_time(set->finished != BAK_TIME_UNSET ? set->finished : set->started, &line);
        source_facts_add(facts, "sets", "  set", "%s%s", text_string(&line), set == read ? "  (this one)" : "");
        text_release(&line);
    }
}

static const char *checksum_name(const struct bak_source *source)
{
    switch (bak_checksum_kind(source->database)) {
    case BAK_CHECKSUMS:
        return "page checksums";
    case BAK_TORN_BITS:
        return "torn-page bits only: damaged bytes within a page can pass unseen";
    case BAK_NO_CHECKING:
        break;
    }
    return "none: damaged bytes pass unseen";
}

/* Whoever relies on the rows should know that nothing vouches for their bytes. */
static void warn_of_checksums(const struct bak_source *source, struct source_facts *facts)
{
    switch (bak_checksum_kind(source->database)) {
    case BAK_CHECKSUMS:
        break;
    case BAK_TORN_BITS:
        source_facts_warn(facts, "the database protects its pages by torn-page bits only, not by checksums: damaged "
                                 "bytes within a page can pass unseen");
        break;
    case BAK_NO_CHECKING:
        source_facts_warn(facts, "the database has no checksums in its pages: damaged bytes pass unseen");
        break;
    }
}

static void put_database_files(const struct bak_set *set, struct source_facts *facts)
{
    for (size_t i = 0; i < set->file_count; i++) {
        const struct bak_data_file *file = &set->files[i];

        source_facts_add(facts, "database_files", "Database file", "%s, %s, %" PRId64 " MB: %s", file->name,
                         file->type == BAK_FILE_DATA  ? "data"
                         : file->type == BAK_FILE_LOG ? "log"
                                                      : "another kind",
                         file->size_bytes / MEGABYTE, file->path);
    }
}

/* Columns whose values are not in the tables' pages are named before anybody relies on them. */
static void warn_of_columns(const struct bak_source *source, struct source_facts *facts)
{
    for (size_t i = 0; i < source->table_count; i++) {
        const struct bak_table *table = source->tables[i].table;

        if (source->tables[i].trouble)
            source_facts_fault(facts, "table %s cannot be read: %s", source->tables[i].name, source->tables[i].trouble);
        if (!source->tables[i].trouble && table->compression != BAK_COMPRESSION_NONE)
            source_facts_warn(facts,
                              "table %s is stored with %s compression, which was never tried on a real backup: compare "
                              "its rows with the old program before relying on them",
                              source->tables[i].name, table->compression == BAK_COMPRESSION_ROW ? "row" : "page");
        for (size_t k = 0; k < table->column_count; k++) {
            const struct bak_column *column = &table->columns[k];

            if (column->filestream)
                source_facts_warn(facts,
                                  "column %s of table %s keeps its values as FILESTREAM files, which are not read",
                                  column->name, source->tables[i].name);
            else if (column->type == BAK_TYPE_XML)
                source_facts_warn(facts, "column %s of table %s is of type xml, which is not read", column->name,
                                  source->tables[i].name);
            else if (column->computed && !column->persisted)
                source_facts_warn(facts, "column %s of table %s is computed and not stored: it is left out",
                                  column->name, source->tables[i].name);
        }
    }
}

void bak_source_describe(const struct source *base, struct source_facts *facts)
{
    const struct bak_source *source = bak_source_view(base);
    const struct bak_set *set = bak_set_of(source->database);
    struct text line;

    text_init(&line, LINE_BYTES_MAX);
    bak_server_name(set, &line);
    source_facts_put(facts, "kind", "What it is", "SQL Server backup");
    source_facts_put(facts, "database", "Database", "%s", set->database);
    source_facts_put(facts, "server_version", "Made by", "%s", text_string(&line));
    source_facts_put(facts, "server", "Server", "%s", set->server);
    put_time_fact(facts, "taken_from", "Begun", set->started);
    put_time_fact(facts, "taken_to", "Finished", set->finished);
    put_files(source, facts);
    put_sets(source, facts);
    put_database_files(set, facts);
    source_facts_put(facts, "checksums", "Protection", "%s", checksum_name(source));
    source_facts_put(facts, "made_with_checksum", "Made WITH CHECKSUM", "%s", set->has_checksums ? "yes" : "no");
    for (size_t i = 0; i < bak_warning_count(source->database); i++) {
        if (bak_warning_is_fault(source->database, i))
            source_facts_fault(facts, "%s", bak_warning(source->database, i));
        else
            source_facts_warn(facts, "%s", bak_warning(source->database, i));
    }
    if (source->beside)
        source_facts_warn(facts, "only the backup is read, not what lies beside it: %s", source->beside);
    warn_of_checksums(source, facts);
    warn_of_columns(source, facts);
    text_release(&line);
}

static void warn_of_change(const struct bak_log_table *changed, struct source_facts *facts)
{
    if (!changed->table) {
        source_facts_fault(facts,
                           "%" PRId64 " changes were made on new pages while the backup was taken; they are not in it. "
                           "Have it made again while nobody works",
                           changed->stale);
        return;
    }
    source_facts_fault(facts,
                       "table %s.%s was changed while the backup was taken: %" PRId64
                       " changes are missing from its pages, %" PRId64
                       " were not finished. Have it made again while nobody works",
                       changed->table->schema, changed->table->name, changed->stale, changed->uncommitted);
}

bool bak_source_examine(struct source *base, struct source_facts *facts, struct fault *fault)
{
    struct bak_source *source = bak_source_of(base);
    struct bak_log_findings findings;
    bool good = bak_log_examine(source->database, &findings, fault);

    if (good) {
        source_facts_count(facts, "log_records", "Log records in the backup", findings.records);
        source_facts_count(facts, "changed_tables", "Tables changed meanwhile", (int64_t)findings.table_count);
        for (size_t i = 0; i < findings.table_count; i++)
            warn_of_change(&findings.tables[i], facts);
        if (findings.damaged_blocks)
            source_facts_fault(facts,
                               "%" PRId64 " blocks of the log cannot be read: whether tables were changed while the "
                               "backup was taken is not known for certain",
                               findings.damaged_blocks);
        if (findings.truncated)
            source_facts_fault(facts, "very many transactions were open while the backup was taken: have it made again "
                                      "while nobody works");
    }
    bak_log_findings_release(&findings);
    return good;
}

static void put_check(const struct bak_check_result *result, struct source_facts *facts)
{
    source_facts_count(facts, "pages", "Pages looked at", result->pages);
    source_facts_count(facts, "pages_in_use", "In use", result->in_use);
    source_facts_count(facts, "pages_with_checksum", "With a checksum", result->with_checksum);
    source_facts_count(facts, "pages_with_torn_bits", "With torn-page bits", result->with_torn_bits);
    source_facts_count(facts, "pages_bad", "Damaged", result->bad + result->not_there);
    for (size_t i = 0; i < result->line_count && i < BAK_CHECK_LINES_MAX; i++)
        source_facts_fault(facts, "%s", result->lines[i]);
    if (result->line_count > BAK_CHECK_LINES_MAX)
        source_facts_fault(facts, "%zu further pages are damaged", result->line_count - BAK_CHECK_LINES_MAX);
}

/* A member that is read in place is held against the zip's checksum, too. */
static bool prove_zip(struct bak_source *source, bool *ret_end, struct source_facts *facts, struct fault *fault)
{
    double done = 0;
    bool right = true;

    if (!zip_spool_prove(source->spool, &done, ret_end, &right, fault))
        return false;
    if (*ret_end && !right)
        source_facts_fault(facts,
                           "the checksum of %s in the zip is wrong: copy the zip again, or have the backup packed "
                           "again",
                           zip_spool_member(source->spool));
    return true;
}

bool bak_source_check_step(struct source *base, struct source_facts *facts, double *ret_done, bool *ret_end,
                           struct fault *fault)
{
    struct bak_source *source = bak_source_of(base);
    const struct bak_check_result *result;

    if (!source->check)
        source->check = bak_check_new(source->database);
    if (!source->pages_checked && !bak_check_step(source->check, CHECK_PAGES, &source->pages_checked, fault))
        return false;
    result = bak_check_result(source->check);
    *ret_done = result->total > 0 ? (double)result->pages / (double)result->total : 1;
    *ret_end = source->pages_checked;
    if (source->pages_checked && source->spool && !prove_zip(source, ret_end, facts, fault))
        return false;
    if (*ret_end) {
        put_check(result, facts);
        bak_check_destroy(&source->check);
        source->pages_checked = false;
    }
    return true;
}
