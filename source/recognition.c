#include "source/recognition.h"

#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "model/blob_format.h"
#include "model/letters.h"
#include "source/blob_value.h"
#include "source/pass.h"
#include "source/plain_value.h"

enum { VALUE_BYTES_MAX = 200, LOCATOR_ROOM = 1000, SHOWN = 60, FINDINGS_ROOM = 1000 };

/* The row that decides, as far as the table was read. */
struct decisive_row {
    bool any;
    bool holds;
    struct text latest; /* what it has in the column "latest" */
    struct text shown;  /* what it has in the first column of the condition */
};

static bool is_later(struct slice value, struct slice latest)
{
    struct fault ignored = {0};
    double one = 0;
    double other = 0;
    size_t common = value.size < latest.size ? value.size : latest.size;
    int order = 0;

    if (value.data && latest.data && decimal_parse(value, &one, &ignored) && decimal_parse(latest, &other, &ignored))
        return one > other;
    order = common && value.data && latest.data ? memcmp(value.data, latest.data, common) : 0;
    return order ? order > 0 : value.size > latest.size;
}

static void keep(struct text *text, struct slice value)
{
    text_clear(text);
    if (value.data)
        text_put(text, value.data, value.size > VALUE_BYTES_MAX ? VALUE_BYTES_MAX : value.size);
}

/* Without "latest", one row for which the condition holds is enough. */
static bool look_at_row(const struct profile_mark *mark, const struct expression_row *row,
                        struct decisive_row *decisive, struct fault *fault)
{
    struct slice latest = {0};
    struct slice shown = {0};
    long column = condition_first_column(mark->row);

    if (mark->latest != PROFILE_NO_COLUMN) {
        if (!row->read(row->context, mark->latest, &latest, fault))
            return false;
        if (decisive->any && !is_later(latest, text_slice(&decisive->latest)))
            return true;
    } else if (decisive->holds) {
        return true;
    }
    if ((column >= 0 && !row->read(row->context, (size_t)column, &shown, fault)) ||
        !condition_holds(mark->row, row, &decisive->holds, fault))
        return false;
    decisive->any = true;
    keep(&decisive->latest, latest);
    keep(&decisive->shown, shown);
    return true;
}

static bool fault_row(const struct profile_mark *mark, const struct pass *pass, const struct decisive_row *decisive,
                      struct fault *fault)
{
    long column = condition_first_column(mark->row);
    struct slice shown = utf8_cut(text_slice(&decisive->shown), SHOWN);

    if (!decisive->any || column < 0)
        return fault_set(fault, FAULT_BAD_INPUT, "%s has no row that tells: %s", pass_origin(pass),
                         mark->otherwise ? mark->otherwise : "it is empty");
    return fault_set(fault, FAULT_BAD_INPUT, "%s says %s '%.*s'%s%s", pass_origin(pass),
                     mark->reading.columns[column].name, (int)shown.size, shown.data ? shown.data : "",
                     mark->otherwise ? ": " : "", mark->otherwise ? mark->otherwise : "");
}

static bool check_row(struct source *source, const struct profile *profile, const struct profile_mark *mark,
                      struct decisive_row *decisive, struct fault *fault)
{
    scoped(pass_close) struct pass *pass = NULL;
    bool end = false;

    if (!pass_open(source, profile, &mark->reading, NULL, &pass, fault))
        return false;
    while (!end) {
        if (!pass_next(pass, &end, fault) || (!end && !look_at_row(mark, pass_row(pass), decisive, fault)))
            return false;
    }
    return decisive->holds || fault_row(mark, pass, decisive, fault);
}

static bool check_mark(struct source *source, const struct profile *profile, const struct profile_mark *mark,
                       struct fault *fault)
{
    scoped(scan_close) struct scan *scan = NULL;
    struct decisive_row decisive = {0};
    size_t table = 0;
    size_t place = 0;
    bool good = false;

    if (!source_find_table(source, mark->reading.table, &table, fault) || !source_scan(source, table, &scan, fault))
        return false;
    for (size_t i = 0; i < mark->column_count; i++)
        if (!scan_find_column(scan, mark->columns[i], &place, fault))
            return false;
    if (!mark->row)
        return true;
    text_init(&decisive.latest, VALUE_BYTES_MAX);
    text_init(&decisive.shown, VALUE_BYTES_MAX);
    good = check_row(source, profile, mark, &decisive, fault);
    text_release(&decisive.latest);
    text_release(&decisive.shown);
    return good;
}

bool recognition_check(struct source *source, const struct profile *profile, struct fault *fault)
{
    for (size_t i = 0; i < profile->mark_count; i++)
        if (!check_mark(source, profile, &profile->marks[i], fault))
            return fault_prefix(fault, "this is no source for the profile '%.60s'", profile->name);
    return true;
}

bool recognition_leaves_encrypted(const struct profile *profile, const struct json *answers)
{
    const struct question *question = questions_find(profile->questions, profile_encrypted_question);
    const char *answer = question ? question_answer_of(question, answers) : NULL;

    return answer && strcmp(answer, "leave") == 0;
}

struct sampling {
    struct source *source;
    struct scan *scan;
    size_t column;
    size_t flag; /* PROFILE_NO_COLUMN for none */
    size_t judged;
    size_t encrypted;
    size_t flagged;
};

/* A value that cannot be read is no sample: its row will say so. */
static bool sample(struct sampling *sampling, struct slice text, bool flagged, struct fault *fault)
{
    scoped(text_release) struct text locator;
    struct blob_look look = {0};
    struct fault why = {0};
    int64_t size = 0;
    bool found = false;
    bool good = false;

    text_init(&locator, LOCATOR_ROOM);
    good = scan_locate(sampling->scan, sampling->column, &locator, &size, &found, &why);
    if (good && found)
        good = blob_look_through(sampling->source, text_string(&locator), &look, &why);
    else if (good)
        blob_look_at(&look, text);
    if (!good && why.kind != FAULT_BAD_INPUT) {
        *fault = why;
        return false;
    }
    if (!good || look.head_size < BLOB_JUDGED_LEAST)
        return true;
    sampling->judged++;
    sampling->encrypted += blob_look_is_encrypted(&look);
    sampling->flagged += flagged;
    return true;
}

static bool take_samples(struct sampling *sampling, const struct profile *profile, struct fault *fault)
{
    scoped(scratch_destroy) struct scratch *scratch = scratch_new();
    const struct value *values = NULL;

    for (size_t rows = 0; rows < ENCRYPTION_ROWS_MAX && sampling->judged < ENCRYPTION_SAMPLES_MAX; rows++) {
        struct slice text = {0};
        bool flagged = false;

        scratch_clear(scratch);
        if (!scan_next(sampling->scan, &values, fault))
            return false;
        if (!values)
            return true;
        text = plain_value(profile, &values[sampling->column], scratch);
        if (sampling->flag != PROFILE_NO_COLUMN)
            flagged = blob_flag_is_set(plain_value(profile, &values[sampling->flag], scratch));
        if (text.data && !sample(sampling, text, flagged, fault))
            return false;
    }
    return true;
}

/* What is found encrypted, when that is no matter of choice. */
struct findings {
    const char *message; /* the first that the profile has for one of them; borrowed */
    struct text columns;
};

static void put_finding(const struct source *source, size_t table, const struct profile_probe *probe,
                        const struct sampling *sampling, struct findings *findings)
{
    if (!findings->message)
        findings->message = probe->message;
    text_printf(&findings->columns, "%s%s, column %s (%zu of %zu values looked at, %zu marked so)",
                findings->columns.size ? "; " : "", source_table_origin(source, table), probe->column,
                sampling->encrypted, sampling->judged, sampling->flagged);
}

static bool check_probe(struct source *source, const struct profile *profile, const struct profile_probe *probe,
                        bool leave, bool *ret_whole, struct findings *findings, struct fault *fault)
{
    scoped(scan_close) struct scan *scan = NULL;
    struct sampling sampling = {.source = source, .flag = PROFILE_NO_COLUMN};
    size_t table = 0;
    bool good = false;

    if (!source_find_table(source, probe->table, &table, fault) || !source_scan(source, table, &scan, fault) ||
        !scan_find_column(scan, probe->column, &sampling.column, fault) ||
        (probe->flag && !scan_find_column(scan, probe->flag, &sampling.flag, fault)))
        return false;
    sampling.scan = scan;
    good = take_samples(&sampling, profile, fault);
    if (!good || sampling.judged < ENCRYPTION_SAMPLES_LEAST || sampling.encrypted * 2 <= sampling.judged)
        return good;
    *ret_whole = leave && sampling.encrypted * 10 >= sampling.judged * 9;
    if (!leave)
        put_finding(source, table, probe, &sampling, findings);
    return true;
}

/* A value that the answers keep out of every record need not be there, whatever it is. */
static bool is_read(const struct profile *profile, const struct json *answers, size_t probe, bool *ret,
                    struct fault *fault)
{
    *ret = true;
    for (size_t i = 0; i < profile->mapping_count; i++) {
        const struct profile_mapping *mapping = &profile->mappings[i];
        bool concerned = false;

        for (size_t k = 0; k < mapping->column_count; k++)
            concerned |= mapping->columns[k].probed && mapping->columns[k].probe == probe;
        if (!concerned)
            continue;
        if (!profile_mapping_is_used(profile, mapping, answers, ret, fault))
            return false;
        if (*ret)
            return true;
    }
    return true;
}

bool recognition_check_encryption(struct source *source, const struct profile *profile, const struct json *answers,
                                  bool whole[PROFILE_TABLES_MAX], struct fault *fault)
{
    struct findings findings = {0};
    bool leave = recognition_leaves_encrypted(profile, answers);
    bool good = true;

    text_init(&findings.columns, FINDINGS_ROOM);
    for (size_t i = 0; good && i < profile->probe_count; i++) {
        bool read = true;

        good = is_read(profile, answers, i, &read, fault) &&
               (!read || check_probe(source, profile, &profile->probes[i], leave, &whole[i], &findings, fault));
    }
    if (good && findings.columns.size)
        good = fault_set(fault, FAULT_BAD_INPUT, "%s%sstill encrypted: %s", findings.message ? findings.message : "",
                         findings.message ? ": " : "", text_string(&findings.columns));
    text_release(&findings.columns);
    return good;
}
