/*
 * Paragraphs and pictures down the pages of a PDF. The same calls are made twice: once without a surface, which counts
 * the pages and collects what the fonts lack, then with one, which draws.
 */
#ifndef DOCUMENT_PDF_FLOW_H
#define DOCUMENT_PDF_FLOW_H

#include <cairo.h>
#include <pango/pango.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/text.h"
#include "document/surface.h"

/* A4 and its margins, in points. */
#define PAGE_WIDTH    (210 / 25.4 * 72)
#define PAGE_HEIGHT   (297 / 25.4 * 72)
#define MARGIN_SIDE   56.0
#define MARGIN_TOP    56.0
#define MARGIN_BOTTOM 68.0
#define TEXT_WIDTH    (PAGE_WIDTH - 2 * MARGIN_SIDE)
#define TEXT_HEIGHT   (PAGE_HEIGHT - MARGIN_TOP - MARGIN_BOTTOM)

enum flow_style {
    FLOW_HEADING,
    FLOW_DETAIL, /* the lines under the heading, the foot */
    FLOW_BODY,
    FLOW_REMARK, /* words of our own between those of the document */
    FLOW_STYLES,
};

enum { FLOW_TABS_MAX = 32 };

/* Where tabs lead to, in points from the left edge of the text. */
struct flow_tabs {
    double at[FLOW_TABS_MAX];
    size_t count;
    double indent; /* of the second and later lines of a row that does not fit on one */
};

struct flow {
    PangoContext *context;
    PangoFontDescription *fonts[FLOW_STYLES];
    PangoAttrList *as_written; /* of all text */
    cairo_t *cairo;            /* NULL while pages are only counted */
    const char *foot;          /* on every page, beside its number; borrowed */
    double y;                  /* where the next thing begins, from the top edge */
    size_t page;               /* from 1 */
    size_t pages;              /* of the whole; 0 while they are only counted */
    size_t page_pixels;        /* decoded for this page: cairo holds them until it is finished */
    struct text missing;
    size_t missing_count;
};

/* FAULT_INTERNAL when no font is installed. */
MUST_CHECK bool flow_init(struct flow *flow, const char *foot, struct fault *fault);
void flow_release(struct flow *flow);

/* Begins at the first page again, to draw on the surface. The pages counted so far become the number in the foot. */
void flow_draw_on(struct flow *flow, cairo_surface_t *surface);

/* One paragraph, UTF-8 (what is none is shown as U+FFFD). tabs may be NULL. Two lines at least stay together. */
void flow_put_text(struct flow *flow, enum flow_style style, struct slice text, const struct flow_tabs *tabs);

/* The width of a text on one line, in points. */
double flow_text_width(struct flow *flow, enum flow_style style, struct slice text);

/* A line across the page. */
void flow_put_rule(struct flow *flow);

/* A gap, which vanishes at the top of a page and at its end. */
void flow_put_gap(struct flow *flow, double points);

/* A blank line of the body. */
void flow_put_blank(struct flow *flow);

/* Draws a picture of this size, which must not be larger than the text of a page; on the next page when it does not fit
 * here. */
void flow_put_picture(struct flow *flow, const struct surface *surface, double width, double height, bool centred);

double flow_room(const struct flow *flow); /* points left on this page */
void flow_next_page(struct flow *flow);

/* Finishes the last page. */
void flow_end(struct flow *flow);

#endif
