/* A document as one line, for comparing: paragraphs apart by "|", pictures as <PNG 12 5x10> with their bytes and
 * points. */
#ifndef TESTS_UNIT_DOCUMENT_DOCUMENT_FIXTURE_H
#define TESTS_UNIT_DOCUMENT_DOCUMENT_FIXTURE_H

#include "base/text.h"
#include "document/document.h"

/* "! " and the fault's text when it cannot be read. The caller frees. */
char *shown(struct slice bytes, enum document_format format);

struct shown_case {
    const char *name;
    const char *source;
    const char *want;
};

/* Each source, a C string, must be shown as wanted. */
void check_shown(const struct shown_case *cases, size_t count, enum document_format format);

/* The bytes of a file under ../shared/fixtures; false, with a warning, when it is not there. */
bool fixture_bytes(const char *name, struct text *out);

/* Calls `check` with each file of a folder under ../shared/fixtures; a warning when it is not there. */
void fixture_each(const char *folder, void (*check)(const char *name, struct slice bytes));

#endif
