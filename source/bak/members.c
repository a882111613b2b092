#include "source/bak/members.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

enum { FILES_MAX = 64 }; /* what a backup may be striped over */

static const struct bak_media *media_of(const struct bak_members *members, size_t member)
{
    return bak_container_media(members->containers[member]);
}

static const char *name_of(const struct bak_members *members, size_t member)
{
    return bak_file_name(members->files[member]);
}

static bool open_all(const struct bak_input *inputs, size_t count, struct bak_members *members, struct fault *fault)
{
    if (count == 0 || count > FILES_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "a backup is read from 1 to %d files, not from %zu", FILES_MAX, count);
    members->files = x_alloc_array(count, sizeof *members->files);
    members->containers = x_alloc_array(count, sizeof *members->containers);
    for (size_t i = 0; i < count; i++) {
        members->count++;
        if (!bak_file_open(&inputs[i], &members->files[i], fault) ||
            !bak_container_open(members->files[i], &members->containers[i], fault))
            return false;
    }
    return true;
}

static void swap(struct bak_members *members, size_t left, size_t right)
{
    struct bak_file *file = members->files[left];
    struct bak_container *container = members->containers[left];

    members->files[left] = members->files[right];
    members->containers[left] = members->containers[right];
    members->files[right] = file;
    members->containers[right] = container;
}

static void sort_by_number(struct bak_members *members)
{
    for (size_t i = 1; i < members->count; i++) {
        for (size_t k = i; k > 0 && media_of(members, k)->family < media_of(members, k - 1)->family; k--)
            swap(members, k, k - 1);
    }
}

/* "1 and 3" */
static void list_numbers(const struct bak_members *members, struct text *out)
{
    for (size_t i = 0; i < members->count; i++)
        text_printf(out, "%s%u", i == 0 ? "" : i + 1 < members->count ? ", " : " and ", media_of(members, i)->family);
}

static bool check_belonging(const struct bak_members *members, struct fault *fault)
{
    const struct bak_media *first = media_of(members, 0);

    for (size_t i = 1; i < members->count; i++) {
        const struct bak_media *media = media_of(members, i);

        if (memcmp(media->set_id, first->set_id, sizeof first->set_id) != 0 || media->families != first->families)
            return fault_set(fault, FAULT_BAD_INPUT,
                             "%s and %s are not files of the same backup: give only the files of one backup",
                             name_of(members, 0), name_of(members, i));
        if (media->family == media_of(members, i - 1)->family)
            return fault_set(fault, FAULT_BAD_INPUT,
                             "%s and %s are both file number %u of the backup: give each file once",
                             name_of(members, i - 1), name_of(members, i), media->family);
    }
    return true;
}

static bool check_all_there(const struct bak_members *members, struct fault *fault)
{
    const struct bak_media *first = media_of(members, 0);
    struct text numbers;

    if (!check_belonging(members, fault))
        return false;
    if (first->families == members->count && media_of(members, members->count - 1)->family == first->families)
        return true;
    text_init(&numbers, FAULT_TEXT_SIZE);
    list_numbers(members, &numbers);
    fault_set(fault, FAULT_BAD_INPUT,
              "%s is one of %u files over which the backup was split (number %s of %u %s here), and cannot be read "
              "without the others. Give all %u files, or make the backup again with a single file as its destination",
              name_of(members, 0), first->families, text_string(&numbers), first->families,
              members->count == 1 ? "is" : "are", first->families);
    text_release(&numbers);
    return false;
}

/* The one with that number; without a number the last full one, or else the last. */
static bool choose(struct bak_members *members, unsigned number, struct fault *fault)
{
    const struct bak_container *container = members->containers[0];
    size_t count = bak_container_set_count(container);
    bool found = false;

    if (count == 0)
        return fault_set(fault, FAULT_BAD_INPUT, "%s", bak_container_damage(container));
    members->set = count - 1;
    for (size_t i = 0; i < count; i++) {
        const struct bak_set *set = bak_container_set(container, i);
        bool fits = number ? set->number == number : set->has_facts && set->kind == BAK_KIND_FULL;

        if (fits) {
            members->set = i;
            found = true;
        }
    }
    if (number && !found)
        return fault_set(fault, FAULT_BAD_INPUT, "%s has no set %u: it holds %zu, with numbers from %u to %u",
                         name_of(members, 0), number, count, bak_container_set(container, 0)->number,
                         bak_container_set(container, count - 1)->number);
    return true;
}

/* Every file must have the whole set, and say the same of it. */
static bool check_sets(const struct bak_members *members, struct fault *fault)
{
    const struct bak_set *first = bak_members_set(members, 0);

    for (size_t i = 0; i < members->count; i++) {
        const struct bak_container *container = members->containers[i];
        const struct bak_set *set;

        if (members->set >= bak_container_set_count(container))
            return fault_set(fault, FAULT_BAD_INPUT, "%s lacks set %u, which %s has: are they of the same backup?",
                             name_of(members, i), first->number, name_of(members, 0));
        set = bak_members_set(members, i);
        if (!set->whole || !set->has_facts)
            return fault_set(fault, FAULT_BAD_INPUT, "%s",
                             bak_container_damage(container) ? bak_container_damage(container)
                                                             : "the backup set is not complete");
        if (bak_lsn_compare(set->first_lsn, first->first_lsn) != 0 || set->kind != first->kind ||
            set->database_version != first->database_version || set->number != first->number)
            return fault_set(fault, FAULT_BAD_INPUT, "set %u is not the same backup in %s and %s", set->number,
                             name_of(members, 0), name_of(members, i));
    }
    return true;
}

bool bak_members_open(const struct bak_input *inputs, size_t count, unsigned set, struct bak_members *ret,
                      struct fault *fault)
{
    if (!open_all(inputs, count, ret, fault))
        return false;
    sort_by_number(ret);
    return check_all_there(ret, fault) && choose(ret, set, fault) && check_sets(ret, fault);
}

void bak_members_release(struct bak_members *members)
{
    for (size_t i = 0; i < members->count; i++) {
        bak_container_close(&members->containers[i]);
        bak_file_close(&members->files[i]);
    }
    free(members->files);
    free(members->containers);
    *members = (struct bak_members){0};
}

const struct bak_set *bak_members_set(const struct bak_members *members, size_t member)
{
    return bak_container_set(members->containers[member], members->set);
}
