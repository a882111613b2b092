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

enum { STREAM_XRAYS = 50, XRAY_CAP = 8 * 1024 * 1024, XRAY_WIDTH = 300, XRAY_HEIGHT = 400, DAMAGED_AT = 900 };

enum report { REPORT_NONE, REPORT_PLAIN, REPORT_RTF, REPORT_BLANK };
enum report_file { FILE_NONE, FILE_PDF, FILE_DOCX, FILE_RTF };

enum flaw { FLAW_NONE, FLAW_LYING_NAME, FLAW_DAMAGED, FLAW_NO_IMAGE, FLAW_ORPHAN, FLAW_NAME };

struct kind {
    enum image_format format;
    enum report report;
    enum report_file file;
    enum flaw flaw;
};

/* The first rows of the table have one each; later ones are any of the first PLAIN_KIND_COUNT. */
static const struct kind kinds[] = {
    {IMAGE_JPEG, REPORT_NONE, FILE_NONE, FLAW_NONE},      {IMAGE_JPEG, REPORT_PLAIN, FILE_NONE, FLAW_NONE},
    {IMAGE_PNG, REPORT_NONE, FILE_NONE, FLAW_NONE},       {IMAGE_PNG, REPORT_RTF, FILE_NONE, FLAW_NONE},
    {IMAGE_JPEG, REPORT_RTF, FILE_NONE, FLAW_NONE},       {IMAGE_JPEG, REPORT_NONE, FILE_NONE, FLAW_NONE},
    {IMAGE_BMP, REPORT_NONE, FILE_NONE, FLAW_NONE},       {IMAGE_TIFF, REPORT_NONE, FILE_NONE, FLAW_NONE},
    {IMAGE_DICOM, REPORT_NONE, FILE_NONE, FLAW_NONE},     {IMAGE_BMP, REPORT_PLAIN, FILE_NONE, FLAW_NONE},
    {IMAGE_TIFF, REPORT_RTF, FILE_NONE, FLAW_NONE},       {IMAGE_DICOM, REPORT_PLAIN, FILE_NONE, FLAW_NONE},
    {IMAGE_JPEG, REPORT_NONE, FILE_PDF, FLAW_NONE},       {IMAGE_PNG, REPORT_NONE, FILE_DOCX, FLAW_NONE},
    {IMAGE_JPEG, REPORT_NONE, FILE_RTF, FLAW_NONE},       {IMAGE_JPEG, REPORT_PLAIN, FILE_RTF, FLAW_NONE},
    {IMAGE_PNG, REPORT_NONE, FILE_NONE, FLAW_LYING_NAME}, {IMAGE_JPEG, REPORT_BLANK, FILE_NONE, FLAW_NAME},
    {IMAGE_JPEG, REPORT_PLAIN, FILE_NONE, FLAW_DAMAGED},  {IMAGE_JPEG, REPORT_PLAIN, FILE_NONE, FLAW_NO_IMAGE},
    {IMAGE_JPEG, REPORT_NONE, FILE_NONE, FLAW_ORPHAN},    {IMAGE_JPEG, REPORT_PLAIN, FILE_NONE, FLAW_ORPHAN},
};
enum { PLAIN_KIND_COUNT = 6 };

static void put_image(struct dice *dice, const struct kind *kind, int64_t id, struct text *out)
{
    scoped(raster_release) struct raster raster = {0};
    char marker[24];

    snprintf(marker, sizeof(marker), "%c%" PRId64, id % 2 == 0 ? 'L' : 'R', id);
    raster = raster_of_bones(dice, XRAY_WIDTH, XRAY_HEIGHT, marker);
    image_put(&raster, kind->format, out);
    if (kind->flaw == FLAW_DAMAGED) {
        out->size = DAMAGED_AT;
    }
}

static void write_image(struct sheet *sheet, const struct kind *kind, int64_t id, const struct text *image)
{
    const char *ending = kind->flaw == FLAW_LYING_NAME ? "jpg" : image_ending(kind->format);
    char name[60];

    snprintf(name, sizeof(name), "%s%04" PRId64 ".%s", kind->flaw == FLAW_NAME ? "Röntgen linkes Knie " : "xr", id,
             ending);
    sheet_text(sheet, "FileName", name);
    snprintf(name, sizeof(name), "%" PRId64 ".%s", id, ending);
    sheet_bytes(sheet, "Image", kind->flaw == FLAW_NO_IMAGE ? NULL : name, text_slice(image));
}

static void write_report_text(struct sheet *sheet, const struct kind *kind, const char *prose)
{
    scoped(text_release) struct text report;

    text_init(&report, XRAY_CAP);
    if (kind->report == REPORT_PLAIN) {
        compose_plain(prose, &report);
    } else if (kind->report == REPORT_RTF) {
        compose_rtf(prose, NULL, 0, &report);
    } else if (kind->report == REPORT_BLANK) {
        text_puts(&report, "  \r\n");
    }
    sheet_text(sheet, "ReportText", kind->report == REPORT_NONE ? NULL : text_string(&report));
}

static void write_report_file(struct sheet *sheet, const struct kind *kind, int64_t id, const char *prose)
{
    static const char *const endings[] = {NULL, "pdf", "docx", "rtf"};
    scoped(text_release) struct text report;
    char name[40];

    text_init(&report, XRAY_CAP);
    if (kind->file == FILE_PDF) {
        file_pdf(prose, &report);
    } else if (kind->file == FILE_DOCX) {
        file_docx(prose, &report);
    } else if (kind->file == FILE_RTF) {
        compose_rtf(prose, NULL, 0, &report);
    }
    snprintf(name, sizeof(name), "%" PRId64 "-report.%s", id, kind->file == FILE_NONE ? "" : endings[kind->file]);
    sheet_bytes(sheet, "ReportFile", kind->file == FILE_NONE ? NULL : name, text_slice(&report));
}

static void write_xray(const struct clinic_options *options, struct sheet *sheet, int64_t id,
                       const struct person *person, struct truth *truth)
{
    static const char *const regions[] = {"L knee", "R knee", "Pelvis", "Lumbar spine", "R shoulder", ""};
    scoped(text_release) struct text image;
    scoped(text_release) struct text prose;
    const struct kind *kind;
    const char *region;
    struct dice dice;
    int64_t after;

    text_init(&image, XRAY_CAP);
    text_init(&prose, XRAY_CAP);
    dice_init(&dice, options->seed + (uint64_t)id, STREAM_XRAYS);
    kind = &kinds[id <= (int64_t)array_length(kinds) ? id - 1 : dice_between(&dice, 0, PLAIN_KIND_COUNT - 1)];
    region = dice_choose(&dice, regions);
    after = dice_between(&dice, 0, 200);
    put_image(&dice, kind, id, &image);
    prose_report(&dice, region, id, &prose);
    sheet_integer(sheet, "XRayID", id);
    sheet_integer(sheet, "PatientID", kind->flaw == FLAW_ORPHAN ? MISSING_PATIENT_ID + id : person->id);
    sheet_date(sheet, "TakenOn", person->first_day + after);
    sheet_text(sheet, "BodyRegion", region);
    write_image(sheet, kind, id, &image);
    write_report_text(sheet, kind, text_string(&prose));
    write_report_file(sheet, kind, id, text_string(&prose));
    sheet_key(sheet, "PractitionerID", dice_between(&dice, 0, PRACTITIONER_COUNT));
    if (kind->report == REPORT_PLAIN || kind->report == REPORT_RTF) {
        truth_put(truth, "XRay", id, "ReportText", 0, text_string(&prose));
    }
    if (kind->file != FILE_NONE) {
        truth_put(truth, "XRay", id, "ReportFile", 0, text_string(&prose));
    }
}

bool xrays_write(const struct clinic_options *options, const struct person *people, struct truth *truth,
                 int64_t *ret_count, struct fault *fault)
{
    scoped(sheet_destroy) struct sheet *sheet = NULL;
    int64_t count = options->patients / 10 + (int64_t)array_length(kinds);
    struct dice dice;
    int64_t id;

    if (!sheet_create(options->folder, clinic_table("XRay"), &sheet, fault)) {
        return false;
    }
    dice_init(&dice, options->seed, STREAM_XRAYS);
    for (id = 1; id <= count; id++) {
        write_xray(options, sheet, id, &people[dice_next(&dice) % (uint64_t)options->patients], truth);
    }
    *ret_count = count;
    return sheet_finish(&sheet, fault);
}
