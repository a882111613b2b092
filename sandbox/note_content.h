/*
 * The content of treatment notes and of their templates: sections, questions, answers, and the little HTML that an
 * answer may hold (API reference 5.16).
 */
#ifndef SANDBOX_NOTE_CONTENT_H
#define SANDBOX_NOTE_CONTENT_H

#include <stdbool.h>

#include "base/json.h"

/* For FIELD_JSON: checks the grammar and keeps the content as the service would: unknown members left out, line breaks
 * and tabs of answers dropped, HTML reduced to what is permitted. */
bool note_content_check(const struct json *value, struct text *kept, const char **ret_problem);

/* Appends the HTML with all tags but the permitted ones taken out, and all attributes but the address of a link. */
void note_html_clean(const char *html, struct text *out);

#endif
