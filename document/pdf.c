#include "document/pdf.h"

#include <cairo-pdf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "document/pdf_flow.h"
#include "document/pdf_table.h"
#include "document/surface.h"

enum { MISSING_CAP = 400, FOOT_CAP = 64 * 1024 };

#define PICTURE_GAP 6.0

/* The size of a small image is at most three times that on a screen. */
#define IMAGE_SCALE_MAX 3.0

/* An image that would get less than this part of a page begins on the next one. */
#define IMAGE_PAGE_PART 0.5

struct sink {
    int descriptor;
    int error; /* errno of the write that failed */
    size_t used;
    unsigned char buffer[64 * 1024]; /* cairo writes in small pieces */
};

/* What the first pass found out about the picture of a block. */
struct outcome {
    size_t pages; /* shown */
    bool broken;  /* after those, a line says that something is missing */
};

struct pdf {
    const struct pdf_request *request;
    struct pdf_report *report;
    struct flow flow;
    struct outcome *outcomes; /* by block */
    struct surface *held;     /* the one read last: a PDF with one picture decodes it once for both passes */
    const struct picture *held_picture;
    size_t held_page;
};

void pdf_report_init(struct pdf_report *report)
{
    *report = (struct pdf_report){0};
    text_init(&report->missing, MISSING_CAP);
}

void pdf_report_release(struct pdf_report *report)
{
    text_release(&report->missing);
}

static void pdf_release(struct pdf *pdf)
{
    surface_destroy(&pdf->held);
    flow_release(&pdf->flow);
    free(pdf->outcomes);
}

/* The surface stays the PDF's, until the next one is read. */
static bool read_surface(struct pdf *pdf, const struct picture *picture, size_t page, const struct surface **ret,
                         struct fault *fault)
{
    if (!pdf->held || pdf->held_picture != picture || pdf->held_page != page) {
        surface_destroy(&pdf->held);
        if (!surface_open(picture, page, &pdf->held, fault))
            return false;
        pdf->held_picture = picture;
        pdf->held_page = page;
    }
    *ret = pdf->held;
    return true;
}

/* The image that the PDF is about: as large as the page allows. */
static bool put_image(struct pdf *pdf, struct fault *fault)
{
    const struct picture *image = pdf->request->image;
    const struct surface *surface = NULL;
    size_t pages = 0;
    size_t page = 0;

    if (!surface_page_count(image, &pages, fault))
        return false;
    for (page = 0; page < pages; page++) {
        double width = 0;
        double height = 0;
        double scale = IMAGE_SCALE_MAX;

        if (!read_surface(pdf, image, page, &surface, fault))
            return false;
        if (flow_room(&pdf->flow) < TEXT_HEIGHT * IMAGE_PAGE_PART)
            flow_next_page(&pdf->flow);
        surface_size(surface, &width, &height);
        scale = TEXT_WIDTH / width < scale ? TEXT_WIDTH / width : scale;
        scale = flow_room(&pdf->flow) / height < scale ? flow_room(&pdf->flow) / height : scale;
        flow_put_picture(&pdf->flow, surface, width * scale, height * scale, true);
        flow_put_gap(&pdf->flow, 2 * PICTURE_GAP);
    }
    return true;
}

/* The size that the document gives, upright; never more than the page allows. */
static void shown_size(const struct picture *picture, const struct surface *surface, double *ret_width,
                       double *ret_height)
{
    double natural_width = 0;
    double natural_height = 0;
    double width = picture->width_points;
    double height = picture->height_points;
    double scale = 1;

    surface_size(surface, &natural_width, &natural_height);
    /* Programs that do not know of orientations give the size of the picture as it lies. */
    if (width > 0 && height > 0 && surface->orientation >= 5 && (width > height) != (natural_width > natural_height)) {
        width = picture->height_points;
        height = picture->width_points;
    }
    if (width <= 0 && height <= 0)
        width = natural_width;
    if (height <= 0)
        height = width * natural_height / natural_width;
    if (width <= 0)
        width = height * natural_width / natural_height;
    scale = TEXT_WIDTH / width < scale ? TEXT_WIDTH / width : scale;
    scale = TEXT_HEIGHT / height < scale ? TEXT_HEIGHT / height : scale;
    *ret_width = width * scale;
    *ret_height = height * scale;
}

static void put_broken(struct pdf *pdf, const struct picture *picture)
{
    scoped(string_free) char *line = x_sprintf("[A picture stands here that cannot be shown: %s, %zu bytes]",
                                               picture_format_name(picture->format), picture->size);

    flow_put_text(&pdf->flow, FLOW_REMARK, slice_of(line), NULL);
}

static void put_picture(struct pdf *pdf, const struct picture *picture, struct outcome *outcome)
{
    bool counting = !pdf->flow.cairo;
    const struct surface *surface = NULL;
    struct fault ignored;
    size_t pages = outcome->pages;
    size_t page = 0;

    if (counting)
        outcome->broken = !surface_page_count(picture, &pages, &ignored);
    for (page = 0; page < pages; page++) {
        double width = 0;
        double height = 0;

        if (!read_surface(pdf, picture, page, &surface, &ignored)) {
            outcome->broken = true;
            break;
        }
        shown_size(picture, surface, &width, &height);
        flow_put_gap(&pdf->flow, PICTURE_GAP);
        flow_put_picture(&pdf->flow, surface, width, height, false);
        flow_put_gap(&pdf->flow, PICTURE_GAP);
    }
    outcome->pages = page;
    if (outcome->broken)
        put_broken(pdf, picture);
    if (counting && outcome->broken)
        pdf->report->pictures_missing++;
    else if (counting)
        pdf->report->pictures++;
}

static bool is_blank(const struct document_block *block)
{
    return !block->picture && slice_trim(block->text).size == 0;
}

static void put_document(struct pdf *pdf)
{
    const struct document *document = pdf->request->document;
    size_t count = document_block_count(document);
    struct flow_tabs tabs;
    bool has_tabs = false;
    size_t table_end = 0;
    size_t i = 0;

    for (i = 0; i < count; i++) {
        struct document_block block = document_block_at(document, i);

        if (i >= table_end) {
            table_end = i + table_row_count(document, i);
            has_tabs = i < table_end && table_tabs(&pdf->flow, document, i, table_end - i, &tabs);
        }
        if (block.picture && pdf->request->pictures)
            put_picture(pdf, block.picture, &pdf->outcomes[i]);
        else if (is_blank(&block))
            flow_put_blank(&pdf->flow);
        else if (!block.picture)
            flow_put_text(&pdf->flow, FLOW_BODY, block.text, has_tabs ? &tabs : NULL);
    }
}

static bool compose(struct pdf *pdf, struct fault *fault)
{
    const struct pdf_request *request = pdf->request;
    size_t i = 0;

    flow_put_text(&pdf->flow, FLOW_HEADING, slice_of(request->title), NULL);
    flow_put_gap(&pdf->flow, PICTURE_GAP);
    for (i = 0; i < request->line_count; i++)
        flow_put_text(&pdf->flow, FLOW_DETAIL, slice_of(request->lines[i]), NULL);
    flow_put_rule(&pdf->flow);
    if (request->image && !put_image(pdf, fault))
        return false;
    if (request->document)
        put_document(pdf);
    flow_end(&pdf->flow);
    return true;
}

static bool sink_flush(struct sink *sink)
{
    size_t written = 0;

    while (written < sink->used && sink->error == 0) {
        ssize_t size = write(sink->descriptor, sink->buffer + written, sink->used - written);

        if (size >= 0)
            written += (size_t)size;
        else if (errno != EINTR)
            sink->error = errno;
    }
    sink->used = 0;
    return sink->error == 0;
}

static cairo_status_t sink_put(void *closure, const unsigned char *data, unsigned size)
{
    struct sink *sink = closure;
    size_t left = size;

    while (left > 0) {
        size_t room = sizeof sink->buffer - sink->used;
        size_t taken = left < room ? left : room;

        memcpy(sink->buffer + sink->used, data, taken);
        sink->used += taken;
        data += taken;
        left -= taken;
        if (sink->used == sizeof sink->buffer && !sink_flush(sink))
            return CAIRO_STATUS_WRITE_ERROR;
    }
    return CAIRO_STATUS_SUCCESS;
}

static bool fault_from_sink(const struct sink *sink, struct fault *fault)
{
    bool full = sink->error == ENOSPC || sink->error == EDQUOT || sink->error == EFBIG || sink->error == EIO ||
                sink->error == EAGAIN;

    errno = sink->error;
    return fault_errno(fault, full ? FAULT_RETRY : FAULT_INTERNAL, "the PDF cannot be written");
}

/* YYYY-MM-DD, digits where digits belong. cairo would write anything else into the file as it is. */
static bool is_date(const char *text)
{
    static const char form[] = "0000-00-00";
    size_t i = 0;

    if (strlen(text) != sizeof form - 1)
        return false;
    for (i = 0; form[i]; i++)
        if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
            return false;
    return true;
}

static void set_properties(cairo_surface_t *surface, const struct pdf_request *request)
{
    /* Without a date, cairo writes that of today, and the same input would give other bytes tomorrow. */
    const char *created = request->created ? request->created : "1970-01-01";

    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, created);
    if (utf8_valid(request->title, strlen(request->title)))
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, request->title);
}

static bool draw(struct pdf *pdf, int descriptor, struct fault *fault)
{
    scoped(string_free) char *room = x_alloc(sizeof(struct sink));
    struct sink *sink = (void *)room;
    cairo_surface_t *surface = NULL;
    cairo_status_t status = CAIRO_STATUS_SUCCESS;
    bool ok = false;

    sink->descriptor = descriptor;
    surface = cairo_pdf_surface_create_for_stream(sink_put, sink, PAGE_WIDTH, PAGE_HEIGHT);
    set_properties(surface, pdf->request);
    flow_draw_on(&pdf->flow, surface);
    ok = compose(pdf, fault);
    status = cairo_status(pdf->flow.cairo);
    cairo_surface_finish(surface);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    if (!ok)
        return false;
    if (sink->error != 0 || !sink_flush(sink))
        return fault_from_sink(sink, fault);
    if (status != CAIRO_STATUS_SUCCESS)
        return fault_set(fault, FAULT_INTERNAL, "the PDF cannot be made: %s", cairo_status_to_string(status));
    return true;
}

bool pdf_write(const struct pdf_request *request, int descriptor, struct pdf_report *report, struct fault *fault)
{
    scoped(pdf_release) struct pdf pdf = {.request = request, .report = report};
    scoped(text_release) struct text foot;

    text_init(&foot, FOOT_CAP);
    if (request->created && !is_date(request->created))
        return fault_set(fault, FAULT_BAD_INPUT, "the date of a PDF is not YYYY-MM-DD: \"%.20s\"", request->created);
    text_puts(&foot, request->title);
    if (request->line_count > 0)
        text_printf(&foot, " · %s", request->lines[0]);
    if (request->document)
        pdf.outcomes = x_alloc_array(document_block_count(request->document) + 1, sizeof *pdf.outcomes);
    if (!flow_init(&pdf.flow, text_string(&foot), fault) || !compose(&pdf, fault))
        return false;
    report->pages = pdf.flow.page;
    report->pictures += request->image ? 1 : 0;
    text_clear(&report->missing);
    text_put(&report->missing, slice_trim(text_slice(&pdf.flow.missing)).data,
             slice_trim(text_slice(&pdf.flow.missing)).size);
    return draw(&pdf, descriptor, fault);
}

bool pdf_can_show(const struct picture *picture)
{
    struct fault ignored;
    size_t pages = 0;
    size_t page = 0;

    if (!surface_page_count(picture, &pages, &ignored))
        return false;
    for (page = 0; page < pages; page++) {
        scoped(surface_destroy) struct surface *surface = NULL;

        if (!surface_open(picture, page, &surface, &ignored))
            return false;
    }
    return true;
}
