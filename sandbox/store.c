#include "sandbox/store.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "sandbox/resource.h"

enum { ID_STEP = 7, KEY_SIZE_MAX = 512, SHARD_SIZE_MAX = 4 };

#define FIRST_ID UINT64_C(1584203117905420361)

const char *const role_names[ROLE_COUNT + 1] = {
    "administrator", "power receptionist", "receptionist", "practitioner", "scheduler", "bookkeeper", NULL,
};

void store_init(struct store *store)
{
    *store = (struct store){.last_id = FIRST_ID};
}

static void release_account(struct account *account)
{
    char **texts[] = {
        &account->name,
        &account->subdomain,
        &account->shard,
        &account->country,
        &account->country_code,
        &account->default_reminder_type,
        &account->terminology,
        &account->confirmation_templates,
        &account->reminder_templates,
    };

    for (size_t i = 0; i < array_length(texts); i++)
        string_free(texts[i]);
    for (int i = 0; i < RESOURCE_COUNT; i++)
        table_release(&account->tables[i]);
    free(account);
}

void store_release(struct store *store)
{
    for (size_t i = 0; i < store->account_count; i++)
        release_account(store->accounts[i]);
    for (size_t i = 0; i < store->user_count; i++) {
        limiter_release(&store->users[i]->limiter);
        traffic_release(&store->users[i]->traffic);
        free(store->users[i]);
    }
    for (size_t i = 0; i < store->key_count; i++)
        string_free(&store->keys[i].secret);
    free(store->accounts);
    free(store->users);
    free(store->keys);
    hash_release(&store->key_index);
    notifications_release(&store->notifications);
    store_init(store);
}

struct account *store_add_account(struct store *store)
{
    struct account *account = x_alloc(sizeof *account);

    account->id = store_next_id(store);
    for (int i = 0; i < RESOURCE_COUNT; i++)
        table_init(&account->tables[i], resources[i]->schema);
    store->accounts = x_grow_array(store->accounts, store->account_count + 1, sizeof(struct account *));
    store->accounts[store->account_count++] = account;
    return account;
}

struct user *store_add_user(struct store *store, struct account *account, uint64_t id, enum role role, bool active)
{
    struct user *user = x_alloc(sizeof *user);

    *user = (struct user){.account = account, .id = id, .role = role, .active = active};
    store->users = x_grow_array(store->users, store->user_count + 1, sizeof(struct user *));
    store->users[store->user_count++] = user;
    return user;
}

/* The shard behind the last hyphen, two letters and one or two digits; NULL when the key has none. */
static const char *shard_of(const char *key)
{
    const char *hyphen = strrchr(key, '-');
    const char *tail = hyphen ? hyphen + 1 : "";
    size_t size = strlen(tail);

    if (size < 3 || size > SHARD_SIZE_MAX)
        return NULL;
    for (size_t i = 0; i < size; i++)
        if (i < 2 ? !isalpha((unsigned char)tail[i]) : !isdigit((unsigned char)tail[i]))
            return NULL;
    return tail;
}

static char *secret_of(const char *key, const char *shard)
{
    return x_strndup(key, shard ? (size_t)(shard - key - 1) : strlen(key));
}

static const struct api_key *find_key(const struct store *store, const char *secret)
{
    uint32_t place = hash_get(&store->key_index, hash_text(secret));

    if (!place || strcmp(store->keys[place - 1].secret, secret) != 0)
        return NULL;
    return &store->keys[place - 1];
}

bool store_add_key(struct store *store, struct user *user, const char *key, struct fault *fault)
{
    const char *shard = shard_of(key);
    scoped(string_free) char *secret = secret_of(key, shard);

    if (!*secret || strlen(key) > KEY_SIZE_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "an API key is empty or longer than %d bytes", KEY_SIZE_MAX);
    if (shard && strcasecmp(shard, user->account->shard) != 0)
        return fault_set(fault, FAULT_BAD_INPUT, "an API key ends in another shard than its account's, %s",
                         user->account->shard);
    if (hash_get(&store->key_index, hash_text(secret)))
        return fault_set(fault, FAULT_BAD_INPUT, "the same API key is given twice");
    store->keys = x_grow_array(store->keys, store->key_count + 1, sizeof(struct api_key));
    store->keys[store->key_count++] = (struct api_key){steal(secret), user};
    hash_put(&store->key_index, hash_text(store->keys[store->key_count - 1].secret), (uint32_t)store->key_count);
    return true;
}

struct user *store_authenticate(const struct store *store, const char *key)
{
    const char *shard = shard_of(key);
    scoped(string_free) char *secret = secret_of(key, shard);
    const struct api_key *found = find_key(store, secret);

    if (!found || !found->user->active)
        return NULL;
    if (shard && strcasecmp(shard, found->user->account->shard) != 0)
        return NULL;
    return found->user;
}

uint64_t store_next_id(struct store *store)
{
    store->last_id += ID_STEP;
    return store->last_id;
}
