#include <inttypes.h>
#include <stdio.h>

#include "base/memory.h"
#include "sandbox/clinic/catalogue.h"
#include "sandbox/clinic/compose.h"
#include "sandbox/clinic/dice.h"
#include "sandbox/clinic/files.h"
#include "sandbox/clinic/images.h"
#include "sandbox/clinic/papers.h"
#include "sandbox/clinic/prose.h"
#include "sandbox/clinic/sheet.h"

enum { STREAM_LETTERS = 60, LETTER_CAP = 8 * 1024 * 1024, LONG_LETTER = 9000 };
enum body_format { BODY_RTF, BODY_DOC, BODY_DOCX, BODY_PDF, BODY_PLAIN };

/* The first rows of the table have one each, in this order; later ones by chance. */
enum kind {
    KIND_RTF,
    KIND_DOCX,
    KIND_DOC,
    KIND_PDF,
    KIND_LOGO, /* an RTF with a picture in its head */
    KIND_LONG, /* several pages */
    KIND_SCRIPTS,
    KIND_CALLED_DOC, /* and is RTF */
    KIND_PLAIN,      /* called RTF */
    KIND_EMPTY,
    KIND_NULL,
    KIND_ORPHAN,
    KIND_LONG_SUBJECT,
    KIND_NO_SUBJECT,
    KIND_COUNT,
};

static enum kind draw_kind(struct dice *dice, int64_t id)
{
    int64_t draw;

    if (id <= KIND_COUNT) {
        return (enum kind)(id - 1);
    }
    draw = dice_between(dice, 0, 99);
    if (draw < 86) {
        return KIND_RTF;
    }
    return draw < 94 ? KIND_DOCX : draw < 97 ? KIND_PDF : KIND_DOC;
}

static enum body_format real_format(enum kind kind)
{
    switch (kind) {
    case KIND_DOCX:
        return BODY_DOCX;
    case KIND_DOC:
        return BODY_DOC;
    case KIND_PDF:
        return BODY_PDF;
    case KIND_PLAIN:
        return BODY_PLAIN;
    default:
        return BODY_RTF;
    }
}

static int column_format(enum kind kind)
{
    return kind == KIND_PLAIN ? BODY_RTF : kind == KIND_CALLED_DOC ? BODY_DOC : (int)real_format(kind);
}

static void compose_letter(struct dice *dice, enum kind kind, const char *prose, struct text *out)
{
    scoped(raster_release) struct raster logo = {0};
    struct embedding picture = {EMBEDDED_PNG, &logo};

    if (kind == KIND_EMPTY || kind == KIND_NULL) {
        return;
    }
    switch (real_format(kind)) {
    case BODY_RTF:
        logo = raster_of_face(dice, 48);
        compose_rtf(prose, &picture, kind == KIND_LOGO ? 1 : 0, out);
        break;
    case BODY_DOC:
        file_doc(prose, out);
        break;
    case BODY_DOCX:
        file_docx(prose, out);
        break;
    case BODY_PDF:
        file_pdf(prose, out);
        break;
    case BODY_PLAIN:
        compose_plain(prose, out);
        break;
    }
}

static void write_prose(struct dice *dice, enum kind kind, int64_t id, int referrer, const struct practitioner *author,
                        const struct person *person, struct text *out)
{
    char patient[160];
    char name[120];

    snprintf(patient, sizeof(patient), "%s %s", person->first_name, person->surname);
    snprintf(name, sizeof(name), "%s %s", author->first_name, author->surname);
    prose_letter(dice, referrer > 0 ? catalogue_doctor(referrer) : "Sir or Madam", patient, name, id, out);
    if (kind == KIND_LONG) {
        prose_long_note(dice, id, LONG_LETTER, out);
    }
    if (kind == KIND_SCRIPTS) {
        prose_scripts(id, out);
    }
}

static const char *draw_subject(struct dice *dice, enum kind kind)
{
    static const char *const subjects[] = {"Initial report", "Progress report – 6 weeks", "Discharge summary",
                                           "Re: \"Knee\" & gait"};

    if (kind == KIND_NO_SUBJECT) {
        return NULL;
    }
    if (kind == KIND_LONG_SUBJECT) {
        return "Progress report to the surgeon, the general practitioner, the insurer, the employer and the solicitor, "
               "with an apology for the delay, which was caused by a move to other rooms – enclosures: 3 (three)";
    }
    return dice_choose(dice, subjects);
}

static void write_letter(const struct clinic_options *options, struct sheet *sheet, int64_t id,
                         const struct person *person, struct truth *truth)
{
    static const char *const endings[] = {"rtf", "doc", "docx", "pdf", "txt"};
    scoped(text_release) struct text prose;
    scoped(text_release) struct text body;
    struct dice dice;
    enum kind kind;
    int practitioner;
    int referrer;
    int64_t after;
    char name[40];

    text_init(&prose, LETTER_CAP);
    text_init(&body, LETTER_CAP);
    dice_init(&dice, options->seed + (uint64_t)id, STREAM_LETTERS);
    kind = draw_kind(&dice, id);
    practitioner = (int)dice_between(&dice, 0, PRACTITIONER_COUNT);
    referrer = (int)dice_between(&dice, 0, 6);
    after = dice_between(&dice, 0, 300);
    write_prose(&dice, kind, id, referrer, &catalogue_practitioners[practitioner > 0 ? practitioner - 1 : 0], person,
                &prose);
    compose_letter(&dice, kind, text_string(&prose), &body);
    snprintf(name, sizeof(name), "%" PRId64 ".%s", id, endings[real_format(kind)]);
    sheet_integer(sheet, "LetterID", id);
    sheet_integer(sheet, "PatientID", kind == KIND_ORPHAN ? MISSING_PATIENT_ID : person->id);
    sheet_key(sheet, "ReferrerID", referrer);
    sheet_key(sheet, "PractitionerID", practitioner);
    sheet_moment(sheet, "LetterDate", moment_of(person->first_day + after, 840));
    sheet_text(sheet, "Subject", draw_subject(&dice, kind));
    sheet_bytes(sheet, "Body", kind == KIND_NULL ? NULL : name, text_slice(&body));
    sheet_integer(sheet, "Format", column_format(kind));
    sheet_bit(sheet, "IsSent", dice_chance(&dice, 900));
    if (body.size > 0) {
        truth_put(truth, "Letter", id, "Body", kind == KIND_LOGO ? 1 : 0, text_string(&prose));
    }
}

bool letters_write(const struct clinic_options *options, const struct person *people, struct truth *truth,
                   int64_t *ret_count, struct fault *fault)
{
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    int64_t count = options->patients / 4 + KIND_COUNT;
    struct dice dice;
    int64_t id;

    if (!sheet_create(options->folder, clinic_table("Letter"), &sheet, fault)) {
        return false;
    }
    dice_init(&dice, options->seed, STREAM_LETTERS);
    for (id = 1; id <= count; id++) {
        write_letter(options, sheet, id, &people[dice_next(&dice) % (uint64_t)options->patients], truth);
    }
    *ret_count = count;
    return sheet_finish(&sheet, fault);
}
