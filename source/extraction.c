#include "source/extraction.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/must.h"
#include "model/letters.h"
#include "source/extraction_parts.h"
#include "source/recognition.h"

enum { MS_PER_DAY = 24 * 60 * 60 * 1000, ROWS_AT_ONCE = 5000 };

void extraction_put_valid(struct text *out, const char *text)
{
    struct slice left = slice_of(text);

    while (left.size) {
        struct slice one = utf8_cut(left, 1);

        if (one.size && utf8_valid(one.data, one.size))
            text_put(out, one.data, one.size);
        left.data += one.size ? one.size : 1;
        left.size -= one.size ? one.size : 1;
    }
}

static void add_count(struct extraction *extraction, struct extraction_count count)
{
    extraction->counts[extraction->count_size++] = count;
}

static void make_counts(struct extraction *extraction)
{
    const struct profile *profile = extraction->profile;
    size_t size = 2 * profile->mapping_count;

    for (size_t i = 0; i < profile->mapping_count; i++)
        size += profile->mappings[i].rule_count;
    extraction->counts = x_alloc_array(size, sizeof *extraction->counts);
    extraction->first_counts = x_alloc_array(profile->mapping_count, sizeof *extraction->first_counts);
    for (size_t i = 0; i < profile->mapping_count; i++) {
        const struct profile_mapping *mapping = &profile->mappings[i];

        extraction->first_counts[i] = extraction->count_size;
        for (size_t k = 0; k < mapping->rule_count; k++)
            add_count(extraction, (struct extraction_count){.entity = mapping->entity,
                                                            .reason = mapping->rules[k].reason,
                                                            .named = mapping->rules[k].named});
        add_count(extraction, (struct extraction_count){.entity = mapping->entity,
                                                        .reason = "further rows of the same record",
                                                        .repeated = true});
        add_count(extraction, (struct extraction_count){.entity = mapping->entity,
                                                        .reason = "still encrypted, and left behind by choice"});
    }
}

static bool check_mappings(struct extraction *extraction, struct fault *fault)
{
    const struct profile *profile = extraction->profile;

    for (size_t i = 0; i < profile->mapping_count; i++) {
        bool used = true;

        if (!profile_mapping_is_used(profile, &profile->mappings[i], extraction->answers, &used, fault) ||
            (used && !pass_check(extraction->source, &profile->mappings[i], fault)))
            return false;
    }
    return true;
}

static bool check_source(struct extraction *extraction, struct fault *fault)
{
    return recognition_check(extraction->source, extraction->profile, fault) && check_mappings(extraction, fault) &&
           recognition_check_encryption(extraction->source, extraction->profile, extraction->answers, extraction->whole,
                                        fault) &&
           left_behind_open(extraction->source, extraction->profile, extraction->answers, &extraction->left, fault);
}

static void init(struct extraction *extraction, const struct extraction_options *options)
{
    extraction->time_zone = x_strdup(options->time_zone);
    extraction->today = options->today ? options->today : clock_wall_ms() / MS_PER_DAY;
    extraction->zones = zones_new();
    for (size_t i = 0; i < ENTITY_COUNT; i++)
        extraction->keys[i] = key_set_new();
    record_init(&extraction->record);
    text_init(&extraction->key, EXTRACTION_KEY_BYTES_MAX * 2);
    text_init(&extraction->follow_key, EXTRACTION_KEY_BYTES_MAX * 3);
    text_init(&extraction->zone, EXTRACTION_KEY_BYTES_MAX);
    text_init(&extraction->problem, EXTRACTION_PROBLEM_BYTES_MAX * 2);
    text_init(&extraction->warning, EXTRACTION_PROBLEM_BYTES_MAX * 4);
    text_init(&extraction->rejections, EXTRACTION_PROBLEM_BYTES_MAX * 2);
    text_init(&extraction->blob, BLOB_BYTES_MAX);
    make_counts(extraction);
}

bool extraction_open(const char *path, const struct profile *profile, const struct extraction_options *options,
                     struct extraction **ret, struct fault *fault)
{
    scoped(extraction_close) struct extraction *extraction = x_alloc(sizeof *extraction);
    struct source_options source_options = {.encoding = profile->encoding, .separator = profile->separator};
    struct zone *zone = NULL;

    extraction->profile = profile;
    extraction->answers = options->answers;
    extraction->observer = options->observer;
    extraction->leaves_encrypted = recognition_leaves_encrypted(profile, options->answers);
    init(extraction, options);
    if (options->time_zone && !zones_find(extraction->zones, options->time_zone, &zone, fault))
        return false;
    if (!source_open(path, &source_options, &extraction->source, fault) || !check_source(extraction, fault))
        return false;
    left_behind_observe(extraction->left, options->observer);
    *ret = steal(extraction);
    return true;
}

void extraction_close(struct extraction **extraction)
{
    struct extraction *old = *extraction;

    if (!old)
        return;
    pass_close(&old->pass);
    left_behind_close(&old->left);
    source_close(&old->source);
    zones_destroy(&old->zones);
    for (size_t i = 0; i < ENTITY_COUNT; i++)
        key_set_destroy(&old->keys[i]);
    record_release(&old->record);
    text_release(&old->key);
    text_release(&old->follow_key);
    text_release(&old->zone);
    text_release(&old->problem);
    text_release(&old->warning);
    text_release(&old->rejections);
    text_release(&old->blob);
    free(old->counts);
    free(old->first_counts);
    free(old->time_zone);
    free(old);
    *extraction = NULL;
}

/* Opens the pass of the next mapping that the answers do not rule out; none is left when there is no pass afterwards.
 */
static bool open_next_pass(struct extraction *extraction, struct fault *fault)
{
    const struct profile *profile = extraction->profile;

    while (extraction->next_mapping < profile->mapping_count) {
        size_t next = extraction->next_mapping++;
        bool used = true;

        if (!profile_mapping_is_used(profile, &profile->mappings[next], extraction->answers, &used, fault))
            return false;
        if (!used)
            continue;
        extraction->mapping = &profile->mappings[next];
        extraction->first_count = extraction->first_counts[next];
        return pass_open(extraction->source, profile, extraction->mapping, extraction->answers, &extraction->pass,
                         fault);
    }
    return true;
}

static bool next_row(struct extraction *extraction, struct staged_record *ret, bool *ret_made, struct fault *fault)
{
    bool end = false;

    *ret_made = false;
    if (!pass_next(extraction->pass, &end, fault))
        return false;
    if (end) {
        pass_close(&extraction->pass);
        return true;
    }
    extraction->rows_read += pass_row_number(extraction->pass) > 0;
    return extraction_handle_row(extraction, ret, ret_made, fault);
}

bool extraction_next(struct extraction *extraction, struct staged_record *ret, bool *ret_end, struct fault *fault)
{
    bool made = false;

    *ret = (struct staged_record){0};
    *ret_end = false;
    if (extraction->pass && extraction->next_follow_up < extraction->record.follow_up_count) {
        extraction_emit_follow_up(extraction, ret);
        return true;
    }
    for (int rows = 0; !made && rows < ROWS_AT_ONCE; rows++) {
        if (!extraction->pass && !open_next_pass(extraction, fault))
            return false;
        if (!extraction->pass)
            return left_behind_step(extraction->left, ROWS_AT_ONCE, ret_end, fault);
        if (!next_row(extraction, ret, &made, fault))
            return false;
    }
    return true;
}

const struct left_behind *extraction_left_behind(const struct extraction *extraction)
{
    return extraction->left;
}

size_t extraction_count_size(const struct extraction *extraction)
{
    return extraction->count_size;
}

struct extraction_count extraction_count_at(const struct extraction *extraction, size_t index)
{
    must(index < extraction->count_size);
    return extraction->counts[index];
}

uint64_t extraction_rows_read(const struct extraction *extraction)
{
    return extraction->rows_read;
}
