/* The Cliniko account that the clinic has prepared: its places and its people, and nobody's records yet; and what the
 * clinic answers when it is asked. */
#include <stdio.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/memory.h"
#include "sandbox/clinic/catalogue.h"
#include "sandbox/clinic/clinic.h"

enum { ACCOUNT_CAP = 64 * 1024, REF_SIZE = 32 };

/* Keys open nothing but a local Cliniko. */
struct user {
    int id; /* of the practitioner whose user it is, or a number beyond theirs */
    const char *first_name, *last_name, *email, *role, *key;
    bool active;
};

/* Of the practitioners, in their order, and of others: who took over from those who left, who sits at the desk, and an
 * administrator who treats nobody. Practitioner 1 owns the clinic, and the transfer runs with her rights. */
static const struct user users[] = {
    {1, "Sarah", "Whitlock", "sarah@harbourphysio.example", "administrator", "harbour-sample-clinic-key-au1", true},
    {2, "Đức", "Nguyễn", "duc@harbourphysio.example", "practitioner", "harbour-sample-clinic-duc-au1", true},
    {3, "Fiona", "O'Dea", "fiona@harbourphysio.example", "practitioner", NULL, false},
    {4, "Graham", "Pell", "graham@harbourphysio.example", "practitioner", NULL, false},
    {5, "Lena", "Brandt", "lena@harbourphysio.example", "practitioner", NULL, false},
    {6, "Old Front Desk", "practitioner", "old@harbourphysio.example", "practitioner", NULL, true},
    {90, "Renée", "Desk", "desk@harbourphysio.example", "receptionist", "harbour-sample-clinic-desk-au1", true},
    {91, "Adam", "Admin", "admin@harbourphysio.example", "administrator", "harbour-sample-clinic-admin-au1", true},
};
enum { STAND_IN = 5, WHO_TREAT = 6 };

static void put_user(struct json_writer *json, const struct user *user)
{
    char ref[REF_SIZE];

    snprintf(ref, sizeof(ref), "user-%d", user->id);
    json_begin_object(json);
    json_member_text(json, "ref", ref);
    json_member_text(json, "first_name", user->first_name);
    json_member_text(json, "last_name", user->last_name);
    json_member_text(json, "email", user->email);
    json_member_text(json, "role", user->role);
    json_member_text(json, "time_zone", catalogue_locations[0].zone_name);
    json_member_text(json, "time_zone_identifier", catalogue_locations[0].zone);
    json_member_bool(json, "active", user->active);
    json_key(json, "phone_numbers");
    json_begin_array(json);
    json_begin_object(json);
    json_member_text(json, "phone_type", "Mobile");
    json_member_text(json, "number", "0400 100 200");
    json_end_object(json);
    json_end_array(json);
    json_key(json, "keys");
    json_begin_array(json);
    if (user->key != NULL) {
        json_put_text(json, user->key);
    }
    json_end_array(json);
    json_end_object(json);
}

static void put_business(struct json_writer *json, const struct location *location)
{
    char ref[REF_SIZE];

    snprintf(ref, sizeof(ref), "business-%d", location->id);
    json_begin_object(json);
    json_member_text(json, "ref", ref);
    json_member_text(json, "business_name", location->name);
    json_member_text(json, "display_name", location->name);
    json_member_text(json, "address_1", location->address);
    json_member_text(json, "city", location->suburb);
    json_member_text(json, "state", location->state);
    json_member_text(json, "post_code", location->post_code);
    json_member_text(json, "country_code", "AU");
    json_member_text(json, "time_zone", location->zone_name);
    json_member_text(json, "time_zone_identifier", location->zone);
    json_end_object(json);
}

static void put_practitioner(struct json_writer *json, size_t i)
{
    const struct practitioner *one = i < PRACTITIONER_COUNT ? &catalogue_practitioners[i] : NULL;
    char ref[REF_SIZE];
    char user[REF_SIZE];
    char business[REF_SIZE];
    int id;

    snprintf(ref, sizeof(ref), "practitioner-%d", users[i].id);
    snprintf(user, sizeof(user), "@user-%d", users[i].id);
    json_begin_object(json);
    json_member_text(json, "ref", ref);
    json_member_text(json, "user_id", user);
    json_member_text(json, "first_name", users[i].first_name);
    json_member_text(json, "last_name", users[i].last_name);
    json_member_text(json, "title", one != NULL ? one->title : "");
    json_member_text(json, "designation", one != NULL ? one->profession : "");
    json_member_bool(json, "active", users[i].active);
    json_key(json, "business_ids");
    json_begin_array(json);
    for (id = 1; id <= LOCATION_COUNT; id++) {
        snprintf(business, sizeof(business), "@business-%d", id);
        json_put_text(json, business);
    }
    json_end_array(json);
    json_end_object(json);
}

static void put_head(struct json_writer *json)
{
    json_member_text(json, "name", "Harbour Physiotherapy");
    json_member_text(json, "subdomain", "harbour-physiotherapy");
    json_member_text(json, "shard", "au1");
    json_member_text(json, "country", "Australia");
    json_member_text(json, "country_code", "AU");
    json_key(json, "settings");
    json_begin_object(json);
    json_member_text(json, "default_reminder_type", "SMS & Email");
    json_member_bool(json, "has_time_travelers", true);
    json_member_bool(json, "time_zone_support", true);
    json_end_object(json);
}

static void put_account(struct json_writer *json)
{
    size_t i;

    json_begin_object(json);
    put_head(json);
    json_key(json, "users");
    json_begin_array(json);
    for (i = 0; i < array_length(users); i++) {
        put_user(json, &users[i]);
    }
    json_end_array(json);
    json_key(json, "businesses");
    json_begin_array(json);
    for (i = 0; i < LOCATION_COUNT; i++) {
        put_business(json, &catalogue_locations[i]);
    }
    json_end_array(json);
    json_key(json, "practitioners");
    json_begin_array(json);
    for (i = 0; i < WHO_TREAT; i++) {
        put_practitioner(json, i);
    }
    json_end_array(json);
    json_end_object(json);
}

/* For the owner's eyes only, since keys may be in it. */
static bool write_file(const char *path, const struct text *text, struct fault *fault)
{
    scoped(file_close) FILE *file = fopen(path, "wb");

    if (file == NULL || fchmod(fileno(file), S_IRUSR | S_IWUSR) != 0) {
        return fault_errno(fault, FAULT_BAD_INPUT, "cannot write %s", path);
    }
    if (fwrite(text->data, 1, text->size, file) != text->size || fflush(file) != 0) {
        return fault_errno(fault, FAULT_BAD_INPUT, "cannot write all of %s; is the disk full?", path);
    }
    return true;
}

static bool write_json(const char *path, void (*put)(struct json_writer *json), struct fault *fault)
{
    scoped(text_release) struct text text;
    struct json_writer json;

    text_init(&text, ACCOUNT_CAP);
    json_write_init(&json, &text);
    put(&json);
    text_putc(&text, '\n');
    return write_file(path, &text, fault);
}

static void put_accounts(struct json_writer *json)
{
    json_begin_object(json);
    json_key(json, "accounts");
    json_begin_array(json);
    put_account(json);
    json_end_array(json);
    json_end_object(json);
}

/* Practitioner 3 has left and stands in Cliniko under her own name; of the other two who left, one is stood in for and
 * one's appointments stay behind. */
static void put_answers(struct json_writer *json)
{
    static const char *const questions[][2] = {
        {"sites", "all"},
        {"practice_groups", "no"},
        {"charge_types", "patient"},
        {"warnings_confidential", "no"},
        {"reminders", "memos"},
        {"casual_appointments", "notes"},
    };
    char own_name[80];
    char stand_in[80];
    size_t i;

    snprintf(own_name, sizeof(own_name), "%s %s", users[2].first_name, users[2].last_name);
    snprintf(stand_in, sizeof(stand_in), "%s %s", users[STAND_IN].first_name, users[STAND_IN].last_name);
    json_begin_object(json);
    json_key(json, "questions");
    json_begin_object(json);
    for (i = 0; i < array_length(questions); i++) {
        json_member_text(json, questions[i][0], questions[i][1]);
    }
    json_end_object(json);
    json_key(json, "practitioner");
    json_begin_object(json);
    json_member_text(json, "FD-3", own_name);
    json_member_text(json, "FD-4", stand_in);
    json_member_text(json, "FD-5", NULL);
    json_end_object(json);
    json_end_object(json);
}

static void put_keys(struct json_writer *json)
{
    char name[80];
    size_t i;

    json_begin_object(json);
    for (i = 0; i < WHO_TREAT; i++) {
        if (users[i].key != NULL) {
            snprintf(name, sizeof(name), "%s %s", users[i].first_name, users[i].last_name);
            json_member_text(json, name, users[i].key);
        }
    }
    json_end_object(json);
}

bool clinic_write_account(const char *path, struct fault *fault)
{
    return write_json(path, put_accounts, fault);
}

bool clinic_write_answers(const char *path, struct fault *fault)
{
    return write_json(path, put_answers, fault);
}

bool clinic_write_keys(const char *path, struct fault *fault)
{
    return write_json(path, put_keys, fault);
}
