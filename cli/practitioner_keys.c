#include "cli/practitioner_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/memory.h"
#include "cliniko/key.h"
#include "db/practitioner_key.h"

enum { FILE_MAX = 256 * 1024, KEYS_MOST = 500, LABEL_MAX = 200 };

static void locked_free(char **memory)
{
    sodium_free(*memory);
    *memory = NULL;
}

static bool open_private(const char *path, int *ret, struct fault *fault)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    bool good = false;

    if (file < 0 || fstat(file, &status) != 0)
        fault_errno(fault, FAULT_BAD_INPUT, "cannot read the practitioners' keys from %s", path);
    else if (status.st_mode & (S_IRWXG | S_IRWXO))
        fault_set(fault, FAULT_BAD_INPUT,
                  "%s can be read by others: it holds API keys. Make it private with chmod 600.", path);
    else
        good = true;
    if (!good)
        descriptor_close(&file);
    *ret = file;
    return good;
}

static bool read_locked(const char *path, char **ret, size_t *ret_size, struct fault *fault)
{
    scoped(descriptor_close) int file = -1;
    scoped(locked_free) char *data = sodium_malloc(FILE_MAX + 1);
    size_t size = 0;
    ssize_t got = 1;

    if (!data)
        return fault_set(fault, FAULT_INTERNAL, "No memory can be locked for API keys on this machine.");
    if (!open_private(path, &file, fault))
        return false;
    while (size <= FILE_MAX && got > 0) {
        got = read(file, data + size, FILE_MAX + 1 - size);
        if (got < 0)
            return fault_errno(fault, FAULT_BAD_INPUT, "cannot read the practitioners' keys from %s", path);
        size += (size_t)got;
    }
    if (size > FILE_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "%s is larger than 256 kB: it is no file of keys.", path);
    *ret = steal(data);
    *ret_size = size;
    return true;
}

static bool add(struct practitioner_keys *keys, const struct json *member, const char *shard, struct fault *fault)
{
    scoped(key_destroy) struct key *key = NULL;
    const char *label = json_name(member);
    struct practitioner_key *added = NULL;

    if (!label[0] || strlen(label) > LABEL_MAX)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "a key without a practitioner's id, name or source key of at most %d bytes before it",
                         LABEL_MAX);
    for (size_t i = 0; i < keys->count; i++)
        if (strcmp(keys->items[i].label, label) == 0)
            return fault_set(fault, FAULT_BAD_INPUT, "'%s' stands there twice", label);
    if (!json_is_text(member))
        return fault_set(fault, FAULT_BAD_INPUT, "the key of '%s' is not a text", label);
    if (!key_parse(json_text(member, ""), &key, fault))
        return fault_prefix(fault, "the key of '%s'", label);
    if (strcmp(key_shard(key), shard) != 0)
        return fault_set(fault, FAULT_BAD_INPUT, "the key of '%s' is of shard %s, the account is on %s", label,
                         key_shard(key), shard);
    added = &keys->items[keys->count++];
    added->label = x_strdup(label);
    added->key = sodium_malloc(KEY_SIZE_MAX + 1);
    snprintf(added->key, KEY_SIZE_MAX + 1, "%s", key_text(key));
    return true;
}

/* The tree has the keys in plain memory: they are wiped before it goes. */
static void wipe(const struct json *tree)
{
    for (const struct json *member = json_first(tree); member; member = json_next(member)) {
        char *text = (char *)(uintptr_t)json_text(member, NULL);

        if (text)
            sodium_memzero(text, strlen(text));
    }
}

static bool add_all(const struct json *tree, const char *shard, struct practitioner_keys *ret, struct fault *fault)
{
    if (!json_is_object(tree) || json_count(tree) > KEYS_MOST)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "not a JSON object of at most %d keys, as {\"Ann Lee\": \"key\", \"Bo Ray\": \"key\"}",
                         KEYS_MOST);
    ret->items = x_alloc_array(json_count(tree), sizeof ret->items[0]);
    for (const struct json *member = json_first(tree); member; member = json_next(member))
        if (!add(ret, member, shard, fault))
            return false;
    return true;
}

bool practitioner_keys_read(const char *path, const char *shard, struct practitioner_keys *ret, struct fault *fault)
{
    scoped(locked_free) char *data = NULL;
    scoped(json_destroy) struct json *tree = NULL;
    struct fault reason = {0};
    size_t size = 0;
    bool good = false;

    *ret = (struct practitioner_keys){0};
    if (sodium_init() < 0)
        return fault_set(fault, FAULT_INTERNAL, "libsodium does not start on this machine.");
    if (!read_locked(path, &data, &size, fault))
        return false;
    /* What the parser says may quote the text, and the text holds keys. */
    if (!json_parse(data, size, &tree, &reason))
        return fault_set(fault, FAULT_BAD_INPUT, "%s is not valid JSON.", path);
    good = add_all(tree, shard, ret, fault);
    wipe(tree);
    if (good)
        return true;
    practitioner_keys_release(ret);
    return fault_prefix(fault, "%s", path);
}

void practitioner_keys_release(struct practitioner_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++) {
        free(keys->items[i].label);
        sodium_free(keys->items[i].key);
    }
    free(keys->items);
    *keys = (struct practitioner_keys){0};
}

void practitioner_keys_store(struct db *db, int64_t account, const struct seal *seal,
                             const struct practitioner_keys *keys, db_done_fn *done, void *argument)
{
    struct practitioner_key_row *rows = x_alloc_array(keys->count, sizeof rows[0]);
    unsigned char **sealed = x_alloc_array(keys->count, sizeof sealed[0]);

    for (size_t i = 0; i < keys->count; i++) {
        rows[i].label = keys->items[i].label;
        seal_close(seal, keys->items[i].key, &sealed[i], &rows[i].sealed_size);
        rows[i].sealed = sealed[i];
    }
    practitioner_key_replace(db, account, rows, keys->count, done, argument);
    for (size_t i = 0; i < keys->count; i++)
        free(sealed[i]);
    free(sealed);
    free(rows);
}
