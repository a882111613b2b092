/*
 * Pieces of a drafted profile: expressions for what was chosen, and the reasons beside them.
 */
#ifndef SOURCE_DRAFT_JSON_H
#define SOURCE_DRAFT_JSON_H

#include "base/json.h"
#include "base/text.h"
#include "source/draft_choice.h"

struct draft_json {
    struct json_writer writer;
    struct text *reasons;
};

/* One line among the reasons. */
void draft_note(struct draft_json *json, const char *format, ...) PRINTF_LIKE(2, 3);

/* "patient.email: high (100): column E-Mail, its header says so in German; …" */
void draft_explain(struct draft_json *json, const char *what, const struct choice *choice, const char *more);

/* "leave_behind": rows in which the column is empty. */
void draft_leave_empty(struct draft_json *json, const char *column);

/* All of these write nothing when no column was chosen, unless they say otherwise. */
void draft_put_constant(struct draft_json *json, const char *field, const char *constant);
void draft_put_column(struct draft_json *json, const char *entity, const char *field, const struct choice *choice);
void draft_put_name_or_constant(struct draft_json *json, const char *field, const struct choice *choice);
void draft_put_names(struct draft_json *json, const char *entity, const struct choice *first, const struct choice *last,
                     const struct choice *full);
void draft_put_date(struct draft_json *json, const char *entity, const char *field, const struct choice *choice);
void draft_put_sex(struct draft_json *json, const struct choice *choice);
void draft_put_start(struct draft_json *json, const struct choice *start, const struct choice *time);
void draft_put_length(struct draft_json *json, const struct choice *duration); /* 30 minutes when there is none */
void draft_put_attendance(struct draft_json *json, const struct choice *choice, const struct choice *cancelled);
void draft_leave_deleted(struct draft_json *json, const struct choice *choice);

/* Compact JSON with line breaks and two blanks for each level. */
void draft_indent(struct slice compact, struct text *ret);

#endif
