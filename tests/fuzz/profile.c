/* Any bytes as a profile; one that passes is evaluated on a row whose columns all hold the same odd text. */
#include <stdint.h>
#include <stdio.h>

#include "model/profile.h"

static bool read_column(void *context, size_t number, struct slice *ret, struct fault *fault)
{
    static const char *const texts[] = {NULL, "12/03/1975 09:30:00", "a,b;c/d", "-1", "\xC3\xA9\xC3\xA9 O'B"};
    const size_t *turn = context;
    const char *text = texts[(number + *turn) % 5];

    (void)fault;
    *ret = text ? slice_of(text) : (struct slice){0};
    return true;
}

static const char *column_name(void *context, size_t number)
{
    (void)context, (void)number;
    return "column";
}

static bool count_rows(void *context, size_t join, size_t *ret, struct fault *fault)
{
    const size_t *turn = context;

    (void)join, (void)fault;
    *ret = *turn;
    return true;
}

static void choose_row(void *context, size_t join, size_t row)
{
    (void)context, (void)join, (void)row;
}

static void evaluate(const struct profile *profile, const struct expression *expression, struct scratch *scratch)
{
    for (size_t turn = 0; expression && turn < 5; turn++) {
        struct expression_row row = {
            .read = read_column,
            .name = column_name,
            .count_rows = count_rows,
            .choose_row = choose_row,
            .context = &turn,
            .scratch = scratch,
            .questions = profile->questions,
        };
        long column = 0;
        struct slice value = {0};
        struct fault fault = {0};

        scratch_clear(scratch);
        if (!expression_evaluate(expression, &row, &value, &fault) ||
            !expression_evaluate_column(expression, &row, &value, &column, &fault))
            continue;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct profile *profile = NULL;
    struct fault fault = {0};
    struct scratch *scratch = NULL;

    if (!profile_parse((const char *)data, size, &profile, &fault))
        return 0;
    scratch = scratch_new();
    for (size_t i = 0; i < profile->mapping_count; i++) {
        bool used = true;

        if (!profile_mapping_is_used(profile, &profile->mappings[i], NULL, &used, &fault))
            continue;
        evaluate(profile, profile->mappings[i].key, scratch);
        for (size_t k = 0; k < RECORD_FIELDS_MAX; k++)
            evaluate(profile, profile->mappings[i].fields[k], scratch);
    }
    for (size_t i = 0; i < profile->left_count; i++) {
        evaluate(profile, profile->left[i].patient, scratch);
        evaluate(profile, profile->left[i].amount, scratch);
    }
    scratch_destroy(&scratch);
    profile_destroy(&profile);
    return 0;
}
