#include "source/left_behind.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/must.h"
#include "model/decimal.h"
#include "source/pass.h"

enum { PLACES = 4, AMOUNT_SIZE = 32, ROOM_AT_FIRST = 1024, UNITS = 10000 };

static const int64_t amount_most = INT64_C(1000000000000) * UNITS; /* of one row, and of a sum */

struct balance {
    char *key; /* NULL: free */
    int64_t units;
    char amount[AMOUNT_SIZE];
};

struct left_behind {
    struct source *source;
    const struct profile *profile;
    const struct json *answers;
    const struct observer *observer;
    struct left_entry *entries;
    size_t entry_count; /* those of the profile, then one for each warning of the source */
    struct source_facts facts;
    size_t next; /* entry to be opened next */
    struct pass *pass;
    struct balance *balances; /* a table of hashes until the end, then in order */
    size_t room;
    size_t count;
    bool ended;
};

/* What the source itself may not hold is told where everything that does not come is told. */
static bool add_warnings(struct left_behind *left, struct fault *fault)
{
    size_t first = left->profile->left_count;

    source_describe(left->source, &left->facts);
    if (!source_examine(left->source, &left->facts, fault))
        return false;
    left->entry_count = first + left->facts.warning_count;
    left->entries = x_grow_array(left->entries, left->entry_count + 1, sizeof *left->entries);
    for (size_t i = 0; i < left->facts.warning_count; i++)
        left->entries[first + i] =
            (struct left_entry){.what = "Warning about the source", .advice = left->facts.warnings[i]};
    return true;
}

bool left_behind_open(struct source *source, const struct profile *profile, const struct json *answers,
                      struct left_behind **ret, struct fault *fault)
{
    scoped(left_behind_close) struct left_behind *left = x_alloc(sizeof *left);

    left->source = source;
    left->profile = profile;
    left->answers = answers;
    left->entries = x_alloc_array(profile->left_count + 1, sizeof *left->entries);
    left->room = ROOM_AT_FIRST;
    left->balances = x_alloc_array(left->room, sizeof *left->balances);
    for (size_t i = 0; i < profile->left_count; i++) {
        const struct profile_left *facts = &profile->left[i];
        struct fault absent = {0};
        size_t table = 0;
        bool used = true;

        left->entries[i] = (struct left_entry){
            .what = facts->what, .advice = facts->advice, .table = facts->reading.table, .balances = facts->balances};
        if (!profile_mapping_is_used(profile, &facts->reading, answers, &used, fault))
            return false;
        if (!facts->reading.table || !used)
            continue;
        left->entries[i].present = source_find_table(source, facts->reading.table, &table, &absent);
        if (left->entries[i].present && !pass_check(source, &facts->reading, fault))
            return false;
    }
    if (!add_warnings(left, fault))
        return false;
    *ret = steal(left);
    return true;
}

void left_behind_observe(struct left_behind *left, const struct observer *observer)
{
    left->observer = observer;
}

void left_behind_close(struct left_behind **place)
{
    struct left_behind *left = *place;

    *place = NULL;
    if (!left)
        return;
    pass_close(&left->pass);
    for (size_t i = 0; i < left->room; i++)
        free(left->balances[i].key);
    free(left->balances);
    free(left->entries);
    source_facts_release(&left->facts);
    free(left);
}

static uint64_t hash_of(const char *key)
{
    uint64_t hash = 14695981039346656037ull; /* FNV-1a */

    for (; *key; key++)
        hash = (hash ^ (unsigned char)*key) * 1099511628211ull;
    return hash ^ hash >> 32;
}

static struct balance *find_balance(struct balance *balances, size_t room, const char *key)
{
    size_t at = (size_t)hash_of(key) & (room - 1);

    while (balances[at].key && strcmp(balances[at].key, key) != 0)
        at = (at + 1) & (room - 1);
    return &balances[at];
}

static void make_room(struct left_behind *left)
{
    struct balance *old = left->balances;

    if (left->count * 4 < left->room * 3)
        return;
    left->balances = x_alloc_array(left->room * 2, sizeof *left->balances);
    for (size_t i = 0; i < left->room; i++)
        if (old[i].key)
            *find_balance(left->balances, left->room * 2, old[i].key) = old[i];
    left->room *= 2;
    free(old);
}

/* Ten-thousandths, as SQL Server keeps money; false for finer or absurd amounts. */
static bool read_units(struct slice text, int64_t *ret)
{
    struct decimal decimal = {0};
    int64_t units = 0;

    if (!decimal_read(text, &decimal) || decimal.fraction.size > PLACES || decimal.whole.size > 12)
        return false;
    for (size_t i = 0; i < decimal.whole.size; i++)
        units = units * 10 + (decimal.whole.data[i] - '0');
    for (size_t i = 0; i < PLACES; i++)
        units = units * 10 + (i < decimal.fraction.size ? decimal.fraction.data[i] - '0' : 0);
    *ret = decimal.negative ? -units : units;
    return true;
}

/* False when the row cannot be read; it is counted then. */
static bool add_to_balance(struct left_behind *left, const struct profile_left *facts, const struct expression_row *row)
{
    scoped(string_free) char *key = NULL;
    struct slice patient = {0};
    struct slice amount = {0};
    struct fault ignored = {0};
    struct balance *balance = NULL;
    int64_t units = 0;

    if (!expression_evaluate(facts->patient, row, &patient, &ignored) || !patient.data ||
        !expression_evaluate(facts->amount, row, &amount, &ignored) || (amount.data && !read_units(amount, &units)))
        return false;
    key = x_sprintf("%s%.*s", left->profile->key_prefix, (int)patient.size, patient.data);
    make_room(left);
    balance = find_balance(left->balances, left->room, key);
    if (balance->units > amount_most || balance->units < -amount_most)
        return false;
    balance->units += facts->pays ? -units : units;
    if (!balance->key) {
        balance->key = steal(key);
        left->count++;
    }
    return true;
}

static bool look_at_row(struct left_behind *left, size_t index, struct fault *fault)
{
    const struct profile_left *facts = &left->profile->left[index];
    const struct expression_row *row = pass_row(left->pass);
    struct fault why = {0};
    bool holds = true;

    /* A condition that cannot be decided counts the row: too many are told rather than too few. */
    if (facts->when && !condition_holds(facts->when, row, &holds, &why) && why.kind != FAULT_BAD_INPUT) {
        *fault = why;
        return false;
    }
    holds = holds || why.kind != FAULT_NONE;
    if (left->observer)
        left->observer->row(left->observer->context, left->pass, holds);
    if (!holds)
        return true;
    left->entries[index].rows++;
    left->entries[index].unread += facts->patient && !add_to_balance(left, facts, row);
    return true;
}

static int compare_balances(const void *left, const void *right)
{
    const struct balance *one = left;
    const struct balance *other = right;

    return strcmp(one->key, other->key);
}

static void put_amount(struct balance *balance)
{
    int64_t size = balance->units < 0 ? -balance->units : balance->units;
    int last = 0;

    last = snprintf(balance->amount, sizeof balance->amount, "%s%" PRId64 ".%04" PRId64, balance->units < 0 ? "-" : "",
                    size / UNITS, size % UNITS);
    for (int places = PLACES; places > 2 && balance->amount[last - 1] == '0'; places--)
        balance->amount[--last] = '\0';
}

/* Only balances that are not zero stay, in order. */
static void finish(struct left_behind *left)
{
    size_t count = 0;

    for (size_t i = 0; i < left->room; i++) {
        struct balance balance = left->balances[i];

        left->balances[i] = (struct balance){0};
        if (!balance.key)
            continue;
        if (balance.units == 0) {
            free(balance.key);
            continue;
        }
        put_amount(&balance);
        left->balances[count++] = balance;
    }
    left->count = count;
    if (count)
        qsort(left->balances, count, sizeof *left->balances, compare_balances);
    for (size_t i = 0; i < left->profile->left_count; i++)
        if (left->entries[i].balances)
            left->entries[i].rows = count;
    left->ended = true;
}

bool left_behind_step(struct left_behind *left, uint64_t most, bool *ret_end, struct fault *fault)
{
    *ret_end = left->ended;
    while (!left->ended && most > 0) {
        bool end = false;

        while (!left->pass && left->next < left->profile->left_count && !left->entries[left->next].present)
            left->next++;
        if (!left->pass && left->next == left->profile->left_count) {
            finish(left);
            break;
        }
        if (!left->pass && !pass_open(left->source, left->profile, &left->profile->left[left->next].reading,
                                      left->answers, &left->pass, fault))
            return false;
        if (!pass_next(left->pass, &end, fault) || (!end && !look_at_row(left, left->next, fault)))
            return false;
        most--;
        if (end) {
            pass_close(&left->pass);
            left->next++;
        }
    }
    *ret_end = left->ended;
    return true;
}

size_t left_behind_size(const struct left_behind *left)
{
    return left->entry_count;
}

struct left_entry left_behind_at(const struct left_behind *left, size_t index)
{
    must(index < left->entry_count);
    return left->entries[index];
}

size_t left_behind_balance_size(const struct left_behind *left)
{
    return left->ended ? left->count : 0;
}

struct left_balance left_behind_balance_at(const struct left_behind *left, size_t index)
{
    must(left->ended && index < left->count);
    return (struct left_balance){.source_key = left->balances[index].key, .amount = left->balances[index].amount};
}
