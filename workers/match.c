#include "workers/match.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/letters.h"
#include "model/scratch.h"

void match_add(struct match_list *list, const char *id, const char *time_zone, const char *const names[3])
{
    struct match_candidate *candidate = NULL;

    if (list->count == list->room) {
        list->room = list->room ? list->room * 2 : 16;
        list->items = x_grow_array(list->items, list->room, sizeof list->items[0]);
    }
    candidate = &list->items[list->count++];
    *candidate = (struct match_candidate){.id = x_strdup(id), .time_zone = x_strdup(time_zone)};
    for (size_t i = 0; i < array_length(candidate->names); i++)
        candidate->names[i] = x_strdup(names[i]);
}

void match_release(struct match_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].id);
        free(list->items[i].time_zone);
        for (size_t k = 0; k < array_length(list->items[i].names); k++)
            free(list->items[i].names[k]);
    }
    free(list->items);
    *list = (struct match_list){0};
}

static bool names_equal(const char *one, const char *other, struct scratch *scratch)
{
    struct slice left = letters_case(letters_one_line(slice_of(one), scratch), LETTERS_LOWER, scratch);
    struct slice right = letters_case(letters_one_line(slice_of(other), scratch), LETTERS_LOWER, scratch);

    return left.size > 0 && left.size == right.size && memcmp(left.data, right.data, left.size) == 0;
}

static bool is_named(const struct match_candidate *candidate, const char *wanted, struct scratch *scratch)
{
    if (strcmp(candidate->id, wanted) == 0)
        return true;
    for (size_t i = 0; i < array_length(candidate->names); i++)
        if (candidate->names[i] && names_equal(candidate->names[i], wanted, scratch))
            return true;
    return false;
}

enum match_result match_find(const struct match_list *list, const char *wanted, size_t *ret_index)
{
    enum match_result result = MATCH_NONE;
    scoped(scratch_destroy) struct scratch *scratch = scratch_new();

    for (size_t i = 0; i < list->count && result != MATCH_SEVERAL; i++) {
        if (is_named(&list->items[i], wanted, scratch)) {
            result = result == MATCH_NONE ? MATCH_ONE : MATCH_SEVERAL;
            *ret_index = i;
        }
    }
    return result;
}
