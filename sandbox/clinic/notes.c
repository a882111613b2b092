#include "sandbox/clinic/notes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "sandbox/clinic/catalogue.h"
#include "sandbox/clinic/compose.h"
#include "sandbox/clinic/dice.h"
#include "sandbox/clinic/images.h"
#include "sandbox/clinic/prose.h"
#include "sandbox/clinic/sheet.h"

enum { STREAM_NOTES = 30, NOTE_CAP = 8 * 1024 * 1024, LONG_NOTE = 70000, PICTURES_MAX = 2, NOISE_MAX = 3000 };
enum body_format { BODY_PLAIN, BODY_RTF, BODY_HTML };

/* What may be odd about a note. The first rows of the table have one each, in this order; later ones by chance. */
enum kind {
    KIND_RTF,
    KIND_RTF_PNG,
    KIND_RTF_JPEG,
    KIND_RTF_DIB,
    KIND_RTF_WMF,
    KIND_RTF_TWO,
    KIND_HTML,
    KIND_HTML_PICTURE,
    KIND_PLAIN,
    KIND_EMPTY,
    KIND_NULL,
    KIND_BLANK,
    KIND_LONG,
    KIND_SCRIPTS_RTF,
    KIND_SCRIPTS_HTML,
    KIND_SCRIPTS_PLAIN,
    KIND_RTF_CALLED_PLAIN,
    KIND_PLAIN_CALLED_RTF,
    KIND_DRAFT,
    KIND_AMENDMENT,
    KIND_ORPHAN,
    KIND_NO_VISIT,
    KIND_LOST_VISIT,
    KIND_FLAGGED, /* said to be encrypted, and is not */
    KIND_NO_TITLE,
    KIND_LONG_TITLE,
    KIND_COUNT,
};

struct note {
    int64_t id;
    enum kind kind;
    enum body_format format; /* as the column says, which may be wrong */
    int picture_count;
    bool null;
    struct text prose;
    struct text body;
};

static void note_init(struct note *note)
{
    text_init(&note->prose, NOTE_CAP);
    text_init(&note->body, NOTE_CAP);
}

static void note_release(struct note *note)
{
    text_release(&note->prose);
    text_release(&note->body);
}

static enum kind draw_kind(struct dice *dice, int64_t id)
{
    int64_t draw;

    if (id <= KIND_COUNT) {
        return (enum kind)(id - 1);
    }
    draw = dice_between(dice, 0, 999);
    if (draw < 40) {
        return (enum kind)(KIND_RTF_PNG + draw % 5);
    }
    if (draw < 160) {
        return KIND_HTML;
    }
    if (draw < 320) {
        return KIND_PLAIN;
    }
    return draw < 340 ? KIND_DRAFT : KIND_RTF;
}

static void draw_prose(struct dice *dice, struct note *note)
{
    switch (note->kind) {
    case KIND_EMPTY:
    case KIND_NULL:
        break;
    case KIND_BLANK:
        text_puts(&note->prose, " \n\n");
        break;
    case KIND_LONG:
        prose_long_note(dice, note->id, LONG_NOTE, &note->prose);
        break;
    case KIND_SCRIPTS_RTF:
    case KIND_SCRIPTS_HTML:
    case KIND_SCRIPTS_PLAIN:
        prose_scripts(note->id, &note->prose);
        break;
    default:
        if (dice_chance(dice, 300) || note->id <= KIND_COUNT) {
            prose_rich_note(dice, note->id, &note->prose);
        } else {
            prose_note(dice, note->id, &note->prose);
        }
    }
}

/* Pictures are called by the number of the note, so that none is like another. */
static void compose_rtf_note(struct dice *dice, struct note *note)
{
    static const enum embedded embedded[] = {EMBEDDED_PNG, EMBEDDED_JPEG, EMBEDDED_DIB, EMBEDDED_WMF, EMBEDDED_JPEG};
    scoped(raster_release) struct raster drawing = {0};
    struct embedding pictures[PICTURES_MAX] = {0};
    char marker[24];

    if (note->kind < KIND_RTF_PNG || note->kind > KIND_RTF_TWO) {
        compose_rtf(text_string(&note->prose), NULL, 0, &note->body);
        return;
    }
    snprintf(marker, sizeof(marker), "X%" PRId64, note->id);
    drawing = raster_of_bones(dice, 180, 120, marker);
    pictures[0] = (struct embedding){embedded[note->kind - KIND_RTF_PNG], &drawing};
    pictures[1] = (struct embedding){EMBEDDED_PNG, &drawing};
    note->picture_count = note->kind == KIND_RTF_TWO ? 2 : 1;
    compose_rtf(text_string(&note->prose), pictures, (size_t)note->picture_count, &note->body);
}

static void compose_html_note(struct dice *dice, struct note *note)
{
    scoped(raster_release) struct raster drawing = {0};
    struct embedding picture = {EMBEDDED_PNG, &drawing};

    if (note->kind == KIND_HTML_PICTURE) {
        drawing = raster_of_bones(dice, 160, 100, "X");
        note->picture_count = 1;
    }
    compose_html(text_string(&note->prose), &picture, (size_t)note->picture_count, &note->body);
}

static void compose_body(struct dice *dice, struct note *note)
{
    note->format = BODY_RTF;
    switch (note->kind) {
    case KIND_EMPTY:
    case KIND_NULL:
        note->null = note->kind == KIND_NULL;
        return;
    case KIND_HTML:
    case KIND_HTML_PICTURE:
    case KIND_SCRIPTS_HTML:
        note->format = BODY_HTML;
        compose_html_note(dice, note);
        return;
    case KIND_BLANK:
    case KIND_PLAIN:
    case KIND_SCRIPTS_PLAIN:
        note->format = BODY_PLAIN;
        compose_plain(text_string(&note->prose), &note->body);
        return;
    case KIND_PLAIN_CALLED_RTF:
        compose_plain(text_string(&note->prose), &note->body);
        return;
    case KIND_RTF_CALLED_PLAIN:
        note->format = BODY_PLAIN;
        compose_rtf(text_string(&note->prose), NULL, 0, &note->body);
        return;
    default:
        compose_rtf_note(dice, note);
    }
}

static const char *draw_title(struct dice *dice, enum kind kind)
{
    static const char *const titles[] = {"Initial assessment",      "Follow-up", "Phone call",
                                         "Review – knee \"class\"", "",          "Progress note"};

    if (kind == KIND_NO_TITLE) {
        return NULL;
    }
    if (kind == KIND_LONG_TITLE) {
        return "Überprüfung nach Kreuzband-OP: a title that somebody typed on and on, up to the very last character of "
               "the column, 120";
    }
    return dice_choose(dice, titles);
}

/* Before the vendor has decrypted them, bodies are bytes that mean nothing; the flag may say so or not. */
static bool is_noise(const struct clinic_options *options, const struct note *note)
{
    return options->undecrypted && !note->null && note->body.size > 0;
}

static void write_body(const struct clinic_options *options, struct sheet *sheet, struct dice *dice,
                       const struct note *note)
{
    unsigned char noise[NOISE_MAX];
    size_t size;
    char name[24];

    if (!is_noise(options, note)) {
        sheet_text(sheet, "Body", note->null ? NULL : text_string(&note->body));
        return;
    }
    size = (size_t)dice_between(dice, 200, NOISE_MAX);
    dice_fill(dice, noise, size);
    snprintf(name, sizeof(name), "%" PRId64 ".bin", note->id);
    sheet_bytes(sheet, "Body", name, (struct slice){(const char *)noise, size});
}

static void write_note(const struct clinic_options *options, struct sheet *sheet, struct dice *dice,
                       const struct note *note, const struct attended *visit)
{
    int64_t appointment = note->kind == KIND_NO_VISIT ? 0 : note->kind == KIND_LOST_VISIT ? 8888888 : visit->id;
    bool flagged = note->kind == KIND_FLAGGED || (options->undecrypted && dice_chance(dice, 500));

    sheet_integer(sheet, "ClinicalNoteID", note->id);
    sheet_integer(sheet, "PatientID", note->kind == KIND_ORPHAN ? MISSING_PATIENT_ID : visit->patient_id);
    sheet_integer(sheet, "PractitionerID", visit->practitioner_id);
    sheet_key(sheet, "AppointmentID", appointment);
    sheet_key(sheet, "NoteTemplateID", dice_between(dice, 0, NOTE_TEMPLATE_COUNT));
    sheet_ticks(sheet, "NoteDate", visit->start + dice_between(dice, 20, 300), note->id % 6 == 0 ? 1003 : 0);
    sheet_text(sheet, "Title", draw_title(dice, note->kind));
    write_body(options, sheet, dice, note);
    sheet_integer(sheet, "BodyFormat", note->format);
    sheet_bit(sheet, "IsEncrypted", flagged);
    sheet_bit(sheet, "IsDraft", note->kind == KIND_DRAFT);
    sheet_key(sheet, "AmendsNoteID", note->kind == KIND_AMENDMENT ? note->id - 1 : 0);
}

static void add_note(const struct clinic_options *options, struct sheet *sheet, int64_t id,
                     const struct attended *visit, struct truth *truth)
{
    scoped(note_release) struct note note = {.id = id};
    struct dice dice;

    dice_init(&dice, options->seed + (uint64_t)id, STREAM_NOTES);
    note_init(&note);
    note.kind = draw_kind(&dice, id);
    draw_prose(&dice, &note);
    compose_body(&dice, &note);
    write_note(options, sheet, &dice, &note, visit);
    if (!is_noise(options, &note)) {
        truth_put(truth, "ClinicalNote", id, "Body", note.picture_count, text_string(&note.prose));
    }
}

bool notes_write(const struct clinic_options *options, const struct attended_list *attended, struct truth *truth,
                 int64_t *ret_count, struct fault *fault)
{
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    struct dice dice;
    int64_t id = 0;
    size_t i;

    if (!sheet_create(options->folder, clinic_table("ClinicalNote"), &sheet, fault)) {
        return false;
    }
    dice_init(&dice, options->seed, STREAM_NOTES + 1);
    for (i = 0; i < attended->count; i++) {
        if (id < KIND_COUNT || dice_chance(&dice, 330)) {
            add_note(options, sheet, ++id, &attended->entries[i], truth);
        }
    }
    *ret_count = id;
    return sheet_finish(&sheet, fault);
}
