#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "sandbox/clinic/dice.h"
#include "sandbox/clinic/files.h"
#include "sandbox/clinic/images.h"
#include "sandbox/clinic/papers.h"
#include "sandbox/clinic/prose.h"
#include "sandbox/clinic/sheet.h"

enum { STREAM_ATTACHMENTS = 40, STREAM_LARGE = 41, FILE_CAP = 4 * 1024 * 1024, NAME_SIZE = 800 };
#define LARGEST_BYTES   INT64_C(5000000000)
#define SMALLEST_LARGE  INT64_C(1000000)
#define LARGE_DOUBLINGS 8 /* most large files lie between the smallest and 2^8 times that */

/* The first rows of the table have one each, in this order; later ones are PDF to ZIP by chance. */
enum kind {
    KIND_PDF,
    KIND_JPEG,
    KIND_PNG,
    KIND_DOCX,
    KIND_TEXT,
    KIND_ZIP,
    KIND_EMPTY,
    KIND_LYING,   /* called .pdf, and a PNG */
    KIND_UMLAUTS, /* in the name */
    KIND_BLANKS,
    KIND_LONG_NAME,
    KIND_TWIN, /* of the same patient with the same name as the next one, and other content */
    KIND_OTHER_TWIN,
    KIND_LINK, /* on the clinic's server, not in the database */
    KIND_ORPHAN,
    KIND_BARE_NAME, /* the ending stands in its own column only */
    KIND_PATH_NAME,
    KIND_NO_NAME,
    KIND_LONG_DESCRIPTION,
    KIND_WRONG_SIZE,
    KIND_FLAGGED, /* said to be encrypted, and is not */
    KIND_NOTHING, /* neither content nor link */
    KIND_MARKUP,  /* in name and description */
    KIND_COUNT,
};

enum { PLAIN_KIND_COUNT = KIND_ZIP + 1 };

/* What the columns hold. */
struct shape {
    enum kind content;     /* KIND_PDF to KIND_EMPTY */
    const char *name;      /* NULL: made of the number and the ending */
    const char *extension; /* NULL: as the content */
};

static const char *ending_of(enum kind content)
{
    static const char *const endings[] = {"pdf", "jpg", "png", "docx", "txt", "zip", "txt"};

    return endings[content];
}

static struct shape shape_of(enum kind kind)
{
    switch (kind) {
    case KIND_LYING:
        return (struct shape){KIND_PNG, "scan of referral.pdf", ".pdf"};
    case KIND_UMLAUTS:
        return (struct shape){KIND_PDF, "Überweisung für Müller – Đức’s Kopie.pdf", NULL};
    case KIND_BLANKS:
        return (struct shape){KIND_JPEG, "  photo  of   left knee .JPG", ".JPG"};
    case KIND_LONG_NAME:
        return (struct shape){KIND_TEXT, NULL, ".txt"};
    case KIND_TWIN:
        return (struct shape){KIND_TEXT, "consent.txt", NULL};
    case KIND_OTHER_TWIN:
        return (struct shape){KIND_TEXT, "consent.txt", NULL};
    case KIND_BARE_NAME:
        return (struct shape){KIND_DOCX, "exercise plan", "docx"};
    case KIND_PATH_NAME:
        return (struct shape){KIND_PDF, "C:\\Scans\\2014\\..\\consent form.pdf", NULL};
    case KIND_NO_NAME:
        return (struct shape){KIND_JPEG, "", ""};
    case KIND_MARKUP:
        return (struct shape){KIND_TEXT, "<b>notes & \"plans\"</b>; a=b.txt", NULL};
    case KIND_EMPTY:
        return (struct shape){KIND_EMPTY, NULL, NULL};
    default:
        return (struct shape){kind <= KIND_ZIP ? kind : KIND_PDF, NULL, NULL};
    }
}

static void put_image(struct dice *dice, enum image_format format, int64_t id, struct text *out)
{
    scoped(raster_release) struct raster raster = {0};
    char marker[24];

    snprintf(marker, sizeof(marker), "%" PRId64, id);
    raster = raster_of_bones(dice, 320, 240, marker);
    image_put(&raster, format, out);
}

static void put_content(struct dice *dice, enum kind content, int64_t id, struct text *out)
{
    scoped(text_release) struct text prose;

    text_init(&prose, FILE_CAP);
    prose_rich_note(dice, id, &prose);
    switch (content) {
    case KIND_PDF:
        file_pdf(text_string(&prose), out);
        break;
    case KIND_JPEG:
        put_image(dice, IMAGE_JPEG, id, out);
        break;
    case KIND_PNG:
        put_image(dice, IMAGE_PNG, id, out);
        break;
    case KIND_DOCX:
        file_docx(text_string(&prose), out);
        break;
    case KIND_TEXT:
        text_puts(out, text_string(&prose));
        break;
    case KIND_ZIP:
        file_zip("report.txt", text_slice(&prose), out);
        break;
    default:
        break;
    }
}

/* 260 characters, as many as the column holds. */
static void long_name(char *ret, size_t size)
{
    size_t used = 0;

    while (used < 256) {
        used +=
            (size_t)snprintf(ret + used, size - used, "%s", used % 32 == 0 ? "Physio progress report, part" : " of ");
    }
    snprintf(ret + 256, size - 256, ".txt");
}

static void write_name(struct sheet *sheet, const struct shape *shape, enum kind kind, int64_t id)
{
    char name[NAME_SIZE];

    snprintf(name, sizeof(name), "file%05" PRId64 ".%s", id, ending_of(shape->content));
    if (kind == KIND_LONG_NAME) {
        long_name(name, sizeof(name));
    }
    sheet_text(sheet, "FileName", shape->name != NULL ? shape->name : name);
    snprintf(name, sizeof(name), "%s%s", id % 2 == 0 ? "." : "", ending_of(shape->content));
    sheet_text(sheet, "Extension", shape->extension != NULL ? shape->extension : name);
}

static void write_description(struct sheet *sheet, struct dice *dice, enum kind kind)
{
    static const char *const descriptions[] = {"Referral", "Consent form",   "Exercise sheet",
                                               "",         "Progress photo", "Specialist’s letter – scanned"};
    static const char *const categories[] = {"Correspondence", "Consent", "Imaging", "", "WorkCover"};
    const char *description = dice_choose(dice, descriptions);

    if (kind == KIND_LONG_DESCRIPTION) {
        description =
            "A description that says all there is to say about a file, and then some: who brought it, on which "
            "day, what for, who looked at it, and that it was never needed again – until today, of course [FD-1]";
    }
    if (kind == KIND_MARKUP) {
        description = "<script>alert('x')</script> & [FD-A1]";
    }
    sheet_text(sheet, "Description", description);
    sheet_text(sheet, "Category", dice_choose(dice, categories));
}

static void write_content(const struct clinic_options *options, struct sheet *sheet, struct dice *dice, enum kind kind,
                          const struct text *content, int64_t id)
{
    bool none = kind == KIND_LINK || kind == KIND_NOTHING;
    char name[40];

    snprintf(name, sizeof(name), "%" PRId64 ".%s", id, ending_of(shape_of(kind).content));
    sheet_integer(sheet, "SizeBytes", none ? 0 : (int64_t)content->size + (kind == KIND_WRONG_SIZE ? 17 : 0));
    sheet_bit(sheet, "IsEncrypted", kind == KIND_FLAGGED || (options->undecrypted && dice_chance(dice, 500)));
    sheet_bytes(sheet, "Content", none ? NULL : name, text_slice(content));
    sheet_text(sheet, "LinkPath", kind == KIND_LINK ? "\\\\SERVER\\Scans\\2014\\knee mri.pdf" : NULL);
}

static void write_attachment(const struct clinic_options *options, struct sheet *sheet, int64_t id,
                             const struct person *person)
{
    scoped(text_release) struct text content;
    struct shape shape;
    struct dice dice;
    enum kind kind;
    char guid[GUID_SIZE];

    text_init(&content, FILE_CAP);
    dice_init(&dice, options->seed + (uint64_t)id, STREAM_ATTACHMENTS);
    kind = id <= KIND_COUNT ? (enum kind)(id - 1) : (enum kind)dice_between(&dice, 0, PLAIN_KIND_COUNT - 1);
    shape = shape_of(kind);
    dice_guid(&dice, guid);
    put_content(&dice, shape.content, id, &content);
    if (options->undecrypted) {
        dice_fill(&dice, (unsigned char *)content.data, content.size);
    }
    sheet_integer(sheet, "AttachmentID", id);
    sheet_text(sheet, "RowGuid", guid);
    sheet_integer(sheet, "PatientID", kind == KIND_ORPHAN ? MISSING_PATIENT_ID : person->id);
    write_name(sheet, &shape, kind, id);
    write_description(sheet, &dice, kind);
    sheet_moment(sheet, "AddedAt", moment_of(person->first_day, dice_between(&dice, 480, 1080)));
    write_content(options, sheet, &dice, kind, &content, id);
}

/* ---- large files ---- */

struct filling {
    struct dice dice;
    bool begun;
};

/* A ZIP by its first bytes, and nothing that anybody could pack or open after them. */
static void fill_large(void *context, unsigned char *buffer, size_t size)
{
    struct filling *filling = context;

    dice_fill(&filling->dice, buffer, size);
    if (!filling->begun && size >= 4) {
        memcpy(buffer, "PK\3\4", 4);
    }
    filling->begun = true;
}

static void write_large(const struct clinic_options *options, struct sheet *sheet, int64_t id,
                        const struct person *person, int64_t size)
{
    struct filling filling = {.begun = false};
    char guid[GUID_SIZE];
    char name[40];

    dice_init(&filling.dice, options->seed + (uint64_t)id, STREAM_LARGE);
    dice_guid(&filling.dice, guid);
    snprintf(name, sizeof(name), "%" PRId64 ".zip", id);
    sheet_integer(sheet, "AttachmentID", id);
    sheet_text(sheet, "RowGuid", guid);
    sheet_integer(sheet, "PatientID", person->id);
    sheet_text(sheet, "FileName", "MRI series.zip");
    sheet_text(sheet, "Extension", ".zip");
    sheet_text(sheet, "Description", "MRI, all series");
    sheet_text(sheet, "Category", "Imaging");
    sheet_moment(sheet, "AddedAt", moment_of(person->first_day, 600));
    sheet_integer(sheet, "SizeBytes", size);
    sheet_bit(sheet, "IsEncrypted", false);
    sheet_stream(sheet, "Content", name, size, fill_large, &filling);
    sheet_text(sheet, "LinkPath", NULL);
}

/* One as large as an object may be, when there is room for it, and then sizes of all magnitudes. */
static int64_t large_size(const struct clinic_options *options, struct dice *dice, int64_t left, bool first)
{
    int64_t largest = options->largest_file > 0 ? options->largest_file : LARGEST_BYTES;
    int64_t size;

    if (first) {
        size = left * 6 / 10 < largest ? left * 6 / 10 : largest;
    } else {
        size = SMALLEST_LARGE << dice_between(dice, 0, LARGE_DOUBLINGS - 1);
        size += dice_between(dice, 0, size - 1);
    }
    return size < left && left - size >= SMALLEST_LARGE ? size : left;
}

bool attachments_write(const struct clinic_options *options, const struct person *people, int64_t *ret_count,
                       struct fault *fault)
{
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    int64_t ordinary = options->patients / 2 + KIND_COUNT;
    int64_t left = options->attachment_bytes;
    struct dice dice;
    int64_t id;
    size_t who = 0;

    if (!sheet_create(options->folder, clinic_table("Attachment"), &sheet, fault)) {
        return false;
    }
    dice_init(&dice, options->seed, STREAM_ATTACHMENTS);
    for (id = 1; id <= ordinary; id++) {
        if (id != KIND_OTHER_TWIN + 1) {
            who = dice_next(&dice) % (uint64_t)options->patients;
        }
        write_attachment(options, sheet, id, &people[who]);
    }
    for (; left > 0; id++) {
        int64_t size = large_size(options, &dice, left, left == options->attachment_bytes);

        write_large(options, sheet, id, &people[dice_next(&dice) % (uint64_t)options->patients], size);
        left -= size;
    }
    *ret_count = id - 1;
    return sheet_finish(&sheet, fault);
}
