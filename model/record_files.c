/* Notes and files: little is known of them but whose they are, when they were made and where their content stands. */
#include <string.h>

#include "base/memory.h"
#include "model/date_format.h"
#include "model/letters.h"
#include "model/record_parts.h"
#include "model/wording.h"

struct blob_facts {
    bool given;
    bool empty;    /* there is nothing in it */
    bool pictures; /* it may hold some */
};

static bool is_flat(const struct json *object)
{
    for (const struct json *member = json_first(object); member; member = json_next(member))
        if (json_is_object(member) || json_is_array(member))
            return false;
    return json_is_object(object);
}

/* A FIELD_BLOB is an object with either a text or a locator and its size in bytes (see struct record_draft). Its
 * content is not quoted in a fault. */
static bool read_blob(struct building *building, size_t field, struct blob_facts *ret)
{
    struct slice value = building->draft->values[field];
    scoped(json_destroy) struct json *blob = NULL;
    struct fault ignored = {0};
    const char *text = NULL;
    const char *locator = NULL;
    int64_t size = 0;

    *ret = (struct blob_facts){.given = value.data != NULL};
    if (!ret->given)
        return true;
    if (!json_parse(value.data, value.size, &blob, &ignored) || !is_flat(blob))
        return building_refuse(building, field, (struct slice){0}, "is no description of a text or a file");
    text = json_text(json_member(blob, "text"), NULL);
    locator = json_text(json_member(blob, "locator"), NULL);
    if (!text == !locator || (locator && !locator[0]))
        return building_refuse(building, field, (struct slice){0}, "names neither a text nor a file");
    if (locator && !json_need_integer(blob, "", "size", 0, INT64_MAX, &size, &ignored))
        return building_refuse(building, field, (struct slice){0}, "names a file without its size");
    ret->empty = text ? letters_trim(slice_of(text)).size == 0 : size == 0;
    ret->pictures = json_bool(json_member(blob, "pictures"), false);
    return true;
}

/* "2024-03-01T09:30:00" as people read it: "2024-03-01 09:30", without a time at midnight. Other texts stay. */
static struct slice dated(const struct building *building, size_t field)
{
    struct slice value = building_line(building, field);
    struct moment moment = {0};
    char instant[MOMENT_SIZE];
    size_t size = strlen("YYYY-MM-DD");

    if (!value.data || (!date_format_read("YYYY-MM-DD[THH:mm[:ss[.f]]]", value, &moment) &&
                        !date_format_read("YYYY-MM-DD[ HH:mm[:ss[.f]]]", value, &moment)))
        return value;
    moment_put_time(&moment, instant);
    if (moment.has_time && moment.wall_seconds % 86400 != 0)
        size = strlen("YYYY-MM-DD HH:MM");
    instant[strlen("YYYY-MM-DD")] = ' ';
    return scratch_copy(building->record->scratch, (struct slice){instant, size});
}

/* A note belongs to the patient's record whoever wrote it: one without a known author says so in its title. */
static bool is_of_unknown_author(const struct building *building)
{
    return building->draft->entity == ENTITY_TREATMENT_NOTE && !building->draft->values[NOTE_PRACTITIONER].data &&
           building_line(building, NOTE_AUTHOR).size == 0;
}

/* As the payload has it, for the wording of a title. */
static struct slice value_of(const void *context, const char *member)
{
    const struct building *building = context;
    size_t field = 0;

    if (strcmp(member, "notes") == 0)
        return text_slice(&building->record->notes);
    if (!record_field_find(building->draft->entity, member, &field))
        return (struct slice){0};
    if (strcmp(member, "author") == 0 && is_of_unknown_author(building))
        return slice_of("author unknown");
    return strcmp(member, "dated") == 0 ? dated(building, field) : building_line(building, field);
}

static void put_lines(struct building *building)
{
    const struct record_field *fields = record_fields(building->draft->entity);

    for (size_t i = 0; fields[i].name; i++)
        if (fields[i].type == FIELD_TEXT)
            building_put(building, fields[i].name, value_of(building, fields[i].name));
}

static bool put_references(struct building *building)
{
    const struct record_field *fields = record_fields(building->draft->entity);

    for (size_t i = 0; fields[i].name; i++)
        if (fields[i].type == FIELD_REFERENCE && !building_put_reference(building, i))
            return false;
    return true;
}

static void put_blob(struct building *building, size_t field, struct slice json)
{
    json_key(&building->writer, record_fields(building->draft->entity)[field].name);
    json_put_raw(&building->writer, json);
}

static void warn_of_title(struct building *building)
{
    struct text title;

    text_init(&title, NOTES_BYTES_MAX);
    if (!wording_title(building->draft->source_key, value_of, building, &title))
        building_warn(building, NOTE_TITLE,
                      "longer than %d characters with date and author, the whole stands at the top "
                      "of the note",
                      WORDING_CHARACTERS_MAX);
    text_release(&title);
}

/* The same members once more: the document is made of the same note. */
static void follow_document(struct building *building)
{
    struct follow_up *follow = building_follow(building, ENTITY_NOTE_DOCUMENT);
    struct slice members = text_slice(&building->record->payload);

    text_put(&follow->payload, members.data, members.size);
    text_putc(&follow->payload, '}');
    follow->payload.overflowed = follow->payload.overflowed || building->record->payload.overflowed;
}

bool record_build_treatment_note(struct building *building)
{
    struct blob_facts body = {0};
    bool draft = false;

    if (!put_references(building) || !building_bool(building, NOTE_DRAFT, false, &draft) ||
        !read_blob(building, NOTE_BODY, &body))
        return false;
    building_note_rejected(building);
    if (!building_line(building, NOTE_DATED).data)
        building_warn(building, NOTE_DATED, "empty: the title shows no date");
    if (is_of_unknown_author(building) && !building->draft->rejected[NOTE_PRACTITIONER].data)
        building_warn(building, NOTE_PRACTITIONER, "empty: the title says that the author is unknown");
    put_lines(building);
    if (!body.given || body.empty) {
        building_warn(building, NOTE_BODY, "empty");
        put_blob(building, NOTE_BODY, slice_of("{\"text\":\"\"}"));
    } else {
        put_blob(building, NOTE_BODY, building->draft->values[NOTE_BODY]);
    }
    json_member_bool(&building->writer, "draft", draft);
    building_end_notes(building);
    warn_of_title(building);
    if (body.pictures && !body.empty)
        follow_document(building);
    return true;
}

static bool put_blobs(struct building *building)
{
    const struct record_field *fields = record_fields(building->draft->entity);
    struct blob_facts blob = {0};

    for (size_t i = 0; fields[i].name; i++) {
        if (fields[i].type != FIELD_BLOB)
            continue;
        if (!read_blob(building, i, &blob))
            return false;
        if (blob.given && !blob.empty)
            put_blob(building, i, building->draft->values[i]);
        else if (fields[i].required)
            return building_refuse(building, i, (struct slice){0}, "is empty: there is no file to send");
    }
    return true;
}

bool record_build_file(struct building *building)
{
    struct text description;
    size_t field = 0;

    if (!put_references(building) || !put_blobs(building))
        return false;
    building_note_rejected(building);
    put_lines(building);
    building_end_notes(building);
    text_init(&description, NOTES_BYTES_MAX);
    if (!wording_description(building->draft->entity, building->draft->source_key, value_of, building, &description) &&
        record_field_find(building->draft->entity, "description", &field))
        building_warn(building, field, "longer than %d characters with name and date, cut there",
                      WORDING_CHARACTERS_MAX);
    text_release(&description);
    return true;
}
