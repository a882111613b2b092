/* What is known of a patient beside the file itself: alerts and reminders. */
#include <stdio.h>
#include <string.h>

#include "model/date_format.h"
#include "model/letters.h"
#include "model/record_parts.h"

enum { PARTS_MAX = RECORD_FOLLOW_UPS_MAX + 1 };

/* Alerts are shown on one line. Where the text had several, they are kept apart: one that runs on into the next could
 * say something else. */
static struct slice joined_lines(struct building *building, size_t field)
{
    struct slice value = building_value(building, field);
    char *out = scratch_take(building->record->scratch, value.size * 2 + 1);
    size_t size = 0;

    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] == '\n' && size && !strchr(".;:,!?\n ", out[size - 1]))
            out[size++] = ';';
        out[size++] = value.data[i] == '\n' ? ' ' : value.data[i];
    }
    return letters_one_line((struct slice){out, size}, building->record->scratch);
}

/* The beginning of a text that has at most `room` characters, up to a word's end where there is one in the last half.
 */
static struct slice next_part(struct slice text, size_t room)
{
    struct slice part = utf8_cut(text, room);
    size_t size = part.size;

    if (part.size == text.size || text.data[part.size] == ' ')
        return part;
    while (size > part.size / 2 && part.data[size - 1] != ' ')
        size--;
    return size > part.size / 2 ? letters_trim((struct slice){part.data, size}) : part;
}

static size_t split(struct slice text, size_t room, struct slice parts[PARTS_MAX])
{
    size_t count = 0;

    while (text.size && count < PARTS_MAX) {
        struct slice part = next_part(text, room);

        parts[count++] = part;
        text.size -= (size_t)(part.data - text.data) + part.size;
        text.data = part.data + part.size;
        text = letters_trim(text);
    }
    return text.size ? 0 : count;
}

/* " (1/3)" has to fit as well, so the room for a part depends on how many there are. 0 when they are too many. */
static size_t split_alert(struct slice text, struct slice parts[PARTS_MAX])
{
    size_t count = utf8_length(text) <= LIMIT_CHARACTERS;

    if (count == 1) {
        parts[0] = text;
        return 1;
    }
    count = split(text, LIMIT_CHARACTERS - strlen(" (9/9)"), parts);
    return count > 0 && count < 10 ? count : split(text, LIMIT_CHARACTERS - strlen(" (99/99)"), parts);
}

static void put_part(struct json_writer *writer, struct slice part, size_t number, size_t count)
{
    struct text name;

    text_init(&name, NOTES_BYTES_MAX);
    text_put(&name, part.data, part.size);
    if (count > 1)
        text_printf(&name, " (%zu/%zu)", number, count);
    json_key(writer, "name");
    json_put_slice(writer, text_slice(&name));
    text_release(&name);
}

static void follow_part(struct building *building, struct slice part, size_t number, size_t count)
{
    struct follow_up *follow = building_follow(building, ENTITY_MEDICAL_ALERT);
    struct json_writer writer;

    snprintf(follow->suffix, sizeof follow->suffix, "/%zu", number);
    json_write_init(&writer, &follow->payload);
    json_begin_object(&writer);
    json_key(&writer, "patient");
    json_put_slice(&writer, building->draft->values[ALERT_PATIENT]);
    put_part(&writer, part, number, count);
    json_end_object(&writer);
}

/* A long alert becomes several (API reference 6). */
bool record_build_medical_alert(struct building *building)
{
    struct slice parts[PARTS_MAX];
    struct slice text = joined_lines(building, ALERT_NAME);
    size_t count = 0;

    if (!building_put_reference(building, ALERT_PATIENT))
        return false;
    if (text.size == 0)
        return building_refuse(building, ALERT_NAME, (struct slice){0}, "is empty");
    count = split_alert(text, parts);
    if (count == 0)
        return building_refuse(building, ALERT_NAME, (struct slice){0}, "is too long for 65 alerts of 255 characters");
    put_part(&building->writer, parts[0], 1, count);
    for (size_t i = 1; i < count; i++)
        follow_part(building, parts[i], i + 1, count);
    return true;
}

/* A due date that cannot be read stands in the text. */
static void put_due(struct building *building)
{
    struct slice value = building_line(building, REMINDER_DUE);
    struct moment moment = {0};
    char date[MOMENT_SIZE];

    if (!value.data)
        return;
    if (date_format_read("YYYY-MM-DD[THH:mm[:ss[.f]]]", value, &moment) ||
        date_format_read("YYYY-MM-DD[ HH:mm[:ss[.f]]]", value, &moment)) {
        moment_put_date(&moment, date);
        building_put(building, "due", slice_of(date));
        return;
    }
    building_note(building, "Due as recorded", value);
    building_warn(building, REMINDER_DUE, "no date, put into the text");
}

bool record_build_reminder(struct building *building)
{
    bool done = false;

    if (!building_put_reference(building, REMINDER_PATIENT) || !building_bool(building, REMINDER_DONE, false, &done))
        return false;
    if (!building_value(building, REMINDER_TEXT).data)
        return building_refuse(building, REMINDER_TEXT, (struct slice){0}, "is empty");
    building_begin_notes(building, REMINDER_TEXT);
    put_due(building);
    building_put(building, "text", text_slice(&building->record->notes));
    json_member_bool(&building->writer, "done", done);
    return true;
}
