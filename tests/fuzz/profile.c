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

static void evaluate(const struct expression *expression, struct scratch *scratch)
{
    for (size_t turn = 0; expression && turn < 5; turn++) {
        struct expression_row row = {.read = read_column, .name = column_name, .context = &turn, .scratch = scratch};
        struct slice value = {0};
        struct fault fault = {0};

        scratch_clear(scratch);
        if (!expression_evaluate(expression, &row, &value, &fault))
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
        evaluate(profile->mappings[i].key, scratch);
        for (size_t k = 0; k < RECORD_FIELDS_MAX; k++)
            evaluate(profile->mappings[i].fields[k], scratch);
    }
    scratch_destroy(&scratch);
    profile_destroy(&profile);
    return 0;
}
