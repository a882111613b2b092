/* The Cliniko account that the clinic has prepared: its places and its people, and nobody else's records yet. */
#include <stdio.h>

#include "base/json.h"
#include "base/memory.h"
#include "sandbox/clinic/catalogue.h"
#include "sandbox/clinic/clinic.h"

enum { ACCOUNT_CAP = 64 * 1024, REF_SIZE = 32 };

/* The key of the user with whose rights the transfer runs. It opens nothing but a local Cliniko. */
static const char owner_key[] = "harbour-sample-clinic-key-au1";

/* Practitioner 1 owns the clinic: administrator, and a practitioner of the account. */
static bool is_owner(size_t i)
{
    return i == 0;
}

static void put_user(struct json_writer *json, size_t i)
{
    const struct practitioner *one = &catalogue_practitioners[i];
    char ref[REF_SIZE];

    snprintf(ref, sizeof(ref), "user-%d", one->id);
    json_begin_object(json);
    json_member_text(json, "ref", ref);
    json_member_text(json, "first_name", one->first_name);
    json_member_text(json, "last_name", one->surname);
    json_member_text(json, "email", one->email);
    json_member_text(json, "role", is_owner(i) ? "administrator" : "practitioner");
    json_member_text(json, "time_zone", catalogue_locations[0].zone_name);
    json_member_text(json, "time_zone_identifier", catalogue_locations[0].zone);
    json_member_bool(json, "active", one->active);
    json_key(json, "keys");
    json_begin_array(json);
    if (is_owner(i)) {
        json_put_text(json, owner_key);
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

static void put_practitioner(struct json_writer *json, const struct practitioner *one)
{
    char ref[REF_SIZE];
    char user[REF_SIZE];

    snprintf(ref, sizeof(ref), "practitioner-%d", one->id);
    snprintf(user, sizeof(user), "@user-%d", one->id);
    json_begin_object(json);
    json_member_text(json, "ref", ref);
    json_member_text(json, "user_id", user);
    json_member_text(json, "first_name", one->first_name);
    json_member_text(json, "last_name", one->surname);
    json_member_text(json, "title", one->title);
    json_member_text(json, "designation", one->profession);
    json_member_bool(json, "active", one->active);
    json_key(json, "business_ids");
    json_begin_array(json);
    json_put_text(json, "@business-1");
    json_put_text(json, "@business-2");
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
    for (i = 0; i < PRACTITIONER_COUNT; i++) {
        put_user(json, i);
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
    for (i = 0; i < PRACTITIONER_COUNT; i++) {
        put_practitioner(json, &catalogue_practitioners[i]);
    }
    json_end_array(json);
    json_end_object(json);
}

static bool write_file(const char *path, const struct text *text, struct fault *fault)
{
    scoped(file_close) FILE *file = fopen(path, "wb");

    if (file == NULL) {
        return fault_errno(fault, FAULT_BAD_INPUT, "cannot write %s", path);
    }
    if (fwrite(text->data, 1, text->size, file) != text->size || fflush(file) != 0) {
        return fault_errno(fault, FAULT_BAD_INPUT, "cannot write all of %s; is the disk full?", path);
    }
    return true;
}

bool clinic_write_account(const char *path, struct fault *fault)
{
    scoped(text_release) struct text text;
    struct json_writer json;

    text_init(&text, ACCOUNT_CAP);
    json_write_init(&json, &text);
    json_begin_object(&json);
    json_key(&json, "accounts");
    json_begin_array(&json);
    put_account(&json);
    json_end_array(&json);
    json_end_object(&json);
    text_putc(&text, '\n');
    return write_file(path, &text, fault);
}
