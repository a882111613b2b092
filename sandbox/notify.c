#include "sandbox/notify.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "sandbox/record.h"

void notifications_add(struct notifications *log, struct notification entry)
{
    if (log->count == log->room) {
        log->room = log->room ? log->room * 2 : 64;
        log->entries = x_grow_array(log->entries, log->room, sizeof log->entries[0]);
    }
    log->entries[log->count++] = entry;
}

void notifications_release(struct notifications *log)
{
    free(log->entries);
    *log = (struct notifications){0};
}

static void write_id(struct json_writer *writer, const char *name, uint64_t id)
{
    char text[ID_SIZE];

    id_format(id, text);
    json_member_text(writer, name, text);
}

static void write_entry(struct json_writer *writer, const struct notification *entry)
{
    char at[INSTANT_SIZE];

    instant_format(entry->at, at);
    json_begin_object(writer);
    json_member_text(writer, "kind", entry->kind == NOTIFICATION_CONFIRMATION ? "confirmation" : "reminder");
    json_member_text(writer, "reason", entry->reason);
    write_id(writer, "account_id", entry->account);
    write_id(writer, "appointment_id", entry->appointment);
    write_id(writer, "patient_id", entry->patient);
    json_member_text(writer, "at", at);
    json_end_object(writer);
}

void notifications_write(const struct notifications *log, size_t most, struct json_writer *writer)
{
    size_t confirmations = 0;

    for (size_t i = 0; i < log->count; i++)
        confirmations += log->entries[i].kind == NOTIFICATION_CONFIRMATION;
    json_begin_object(writer);
    json_member_integer(writer, "total", (int64_t)log->count);
    json_member_integer(writer, "confirmations", (int64_t)confirmations);
    json_member_integer(writer, "reminders", (int64_t)(log->count - confirmations));
    json_key(writer, "notifications");
    json_begin_array(writer);
    for (size_t i = 0; i < log->count && i < most; i++)
        write_entry(writer, &log->entries[i]);
    json_end_array(writer);
    json_end_object(writer);
}
