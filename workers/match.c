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

size_t match_count(const struct match_list *list, const char *wanted)
{
    scoped(scratch_destroy) struct scratch *scratch = scratch_new();
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++)
        count += is_named(&list->items[i], wanted, scratch);
    return count;
}

enum { WHOLE_WORD = 4, INITIAL = 1 };

/* How a word fits one of a name's words; the word is what `size` bytes of `at` say. */
static int word_likeness(const char *at, size_t size, struct slice name)
{
    int best = 0;

    for (size_t other = 0; other < name.size && size > 0;) {
        size_t length = strcspn(name.data + other, " ");

        if (length == size && memcmp(at, name.data + other, size) == 0)
            return WHOLE_WORD;
        if (length > 0 && (length == 1 || size == 1) && *at == name.data[other])
            best = INITIAL;
        other += length + 1;
    }
    return best;
}

/* Every word of `wanted` that stands in `name` counts for it, every word of `name` that `wanted` lacks against it. */
static int likeness(struct slice wanted, struct slice name)
{
    int score = 0;

    for (size_t at = 0; at < wanted.size; at += strcspn(wanted.data + at, " ") + 1)
        score += word_likeness(wanted.data + at, strcspn(wanted.data + at, " "), name);
    for (size_t at = 0; at < name.size; at += strcspn(name.data + at, " ") + 1)
        score -= word_likeness(name.data + at, strcspn(name.data + at, " "), wanted) == 0;
    return score;
}

/* In small letters, words apart by one blank: "Berg, Anna" is "berg anna". */
static struct slice plain(const char *name, struct scratch *scratch)
{
    size_t size = strlen(name);
    char *spaced = scratch_take(scratch, size + 1);
    char *words = NULL;
    struct slice lower = {0};

    for (size_t i = 0; i < size; i++)
        spaced[i] = name[i] == ',' ? ' ' : name[i];
    lower = letters_one_line(letters_trim((struct slice){spaced, size}), scratch);
    lower = letters_case(lower, LETTERS_LOWER, scratch);
    words = scratch_take(scratch, lower.size + 1);
    if (lower.size > 0)
        memcpy(words, lower.data, lower.size);
    words[lower.size] = '\0';
    return (struct slice){words, lower.size};
}

bool match_propose(const struct match_list *list, const char *wanted, size_t *ret_index)
{
    scoped(scratch_destroy) struct scratch *scratch = scratch_new();
    struct slice words = plain(wanted, scratch);
    int best = INITIAL;

    for (size_t i = 0; i < list->count; i++) {
        for (size_t k = 0; k < array_length(list->items[i].names); k++) {
            int score = list->items[i].names[k] ? likeness(words, plain(list->items[i].names[k], scratch)) : 0;

            if (score > best) {
                best = score;
                *ret_index = i;
            }
        }
    }
    return best > INITIAL;
}
