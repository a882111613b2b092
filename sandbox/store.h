/*
 * Everything that the sandbox knows: accounts with their tables, users with their roles and keys. One account never
 * sees another's records.
 */
#ifndef SANDBOX_STORE_H
#define SANDBOX_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "sandbox/limit.h"
#include "sandbox/notify.h"
#include "sandbox/stats.h"
#include "sandbox/table.h"

/* In the order in which a seed file fills them: a later one may name rows of an earlier one. */
enum resource_kind {
    RESOURCE_USERS,
    RESOURCE_BUSINESSES,
    RESOURCE_PRACTITIONERS,
    RESOURCE_TAXES,
    RESOURCE_CONCESSION_TYPES,
    RESOURCE_PRODUCT_SUPPLIERS,
    RESOURCE_PRODUCTS,
    RESOURCE_STOCK_ADJUSTMENTS,
    RESOURCE_BILLABLE_ITEMS,
    RESOURCE_CONCESSION_PRICES,
    RESOURCE_TREATMENT_NOTE_TEMPLATES,
    RESOURCE_APPOINTMENT_TYPES,
    RESOURCE_CONTACTS,
    RESOURCE_RECALL_TYPES,
    RESOURCE_PATIENTS,
    RESOURCE_MEDICAL_ALERTS,
    RESOURCE_PATIENT_CASES,
    RESOURCE_COMMUNICATIONS,
    RESOURCE_RECALLS,
    RESOURCE_APPOINTMENTS,
    RESOURCE_ATTENDEES,
    RESOURCE_UNAVAILABLE_BLOCKS,
    RESOURCE_TREATMENT_NOTES,
    RESOURCE_PATIENT_ATTACHMENTS,
    RESOURCE_COUNT,
};

enum role {
    ROLE_ADMINISTRATOR,
    ROLE_POWER_RECEPTIONIST,
    ROLE_RECEPTIONIST,
    ROLE_PRACTITIONER,
    ROLE_SCHEDULER,
    ROLE_BOOKKEEPER,
    ROLE_COUNT,
};

struct account {
    uint64_t id;
    char *name;
    char *subdomain;
    char *shard;
    char *country;
    char *country_code;
    char *default_reminder_type;
    char *terminology;
    char *confirmation_templates; /* JSON arrays of ids: what a type gets that names none */
    char *reminder_templates;
    bool has_time_travelers;
    bool time_zone_support;
    struct table tables[RESOURCE_COUNT];
    uint32_t processed; /* so many attachments, from the first, have been processed */
};

struct user {
    struct account *account;
    uint64_t id;
    enum role role;
    bool active;
    struct limiter limiter; /* shared by all keys of the user */
    struct traffic traffic;
};

struct api_key {
    char *secret; /* without the shard's suffix */
    struct user *user;
};

struct store {
    struct account **accounts;
    size_t account_count;
    struct user **users;
    size_t user_count;
    struct api_key *keys;
    size_t key_count;
    struct hash key_index;
    uint64_t last_id;
    int64_t last_created; /* created_at never goes back */
    struct notifications notifications;
};

extern const char *const role_names[ROLE_COUNT + 1];

void store_init(struct store *store);
void store_release(struct store *store);

/* The account belongs to the store; its texts are set by the caller. */
struct account *store_add_account(struct store *store);
struct user *store_add_user(struct store *store, struct account *account, uint64_t id, enum role role, bool active);

/* Takes a key with or without suffix. False when the secret is in use already or the suffix is another shard's. */
bool store_add_key(struct store *store, struct user *user, const char *key, struct fault *fault);

/* The user of a key as a client sends it, or NULL: unknown key, other shard, inactive user (API reference 1.1, 1.2). */
struct user *store_authenticate(const struct store *store, const char *key);

/* Ids have 19 digits, above 2^53, and are close enough that two of them are the same double. */
uint64_t store_next_id(struct store *store);

#endif
