/*
 * From a source through a profile to canonical records, one after another: called for so many records at a time, in
 * memory that grows only with the keys seen and the small tables that are joined. Every row of a mapped table comes out
 * as a record, as a record with a problem, or in the counts of what was left behind.
 */
#ifndef SOURCE_EXTRACTION_H
#define SOURCE_EXTRACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/text.h"
#include "model/entity.h"
#include "model/profile.h"
#include "source/left_behind.h"
#include "source/observer.h"

struct extraction;

struct extraction_options {
    const char *time_zone; /* zone of times for which the profile finds none; NULL when there is none to fall back on */
    int64_t today;         /* days since 1970: births after it are not believed; 0 takes the wall clock's */
    const struct json *answers; /* of the clinic, as question_answer_of takes them; NULL for none. Borrowed until the
                                 * extraction is closed */
    const struct observer *observer; /* is told of rows and refusals; NULL for nobody. Borrowed likewise */
};

/* All borrowed until the next call of extraction_next. */
struct staged_record {
    enum entity entity;
    const char *source_key; /* unique within its entity, at most 200 bytes. A row whose own key is missing or taken
                             * (always a problem) is named after its place, "Patient.csv:12" */
    struct slice payload;   /* canonical JSON object; "{}" when there is a problem */
    const char *problem;    /* NULL when good; else why not, with file, row, column and value */
    bool left_behind;    /* a rule of the profile leaves the row behind and wants it named: `problem` is the reason */
    const char *warning; /* NULL, or what was changed on the way */
    const char *file;    /* where the row stands; "profile" for a record that the profile itself gives */
    uint64_t row;        /* as people count, header = 1; 0 for a record of the profile */
};

/* Rows that made no record of their own, by entity and reason. */
struct extraction_count {
    enum entity entity;
    const char *reason; /* the profile's wording; borrowed from the profile */
    bool repeated;      /* a further row of a record that was already made ("distinct"), not left behind */
    bool named;         /* each of the rows was given as a record that is left behind as well */
    uint64_t rows;
};

/* Opens the source and checks that it is what the profile is for: recognised, every table and column there, large
 * values not encrypted (unless question "encrypted_content" was answered with "leave"). Joined tables are loaded when
 * their turn comes (256 MiB at most at a time). The profile is borrowed until the extraction is closed. */
MUST_CHECK bool extraction_open(const char *path, const struct profile *profile,
                                const struct extraction_options *options, struct extraction **ret, struct fault *fault);
void extraction_close(struct extraction **extraction);

/* The next record, entity by entity in the order of enum entity; attendances, cancellations and archivals come right
 * after their parent. Without a source key it is none: so many rows were read without one that the caller may want to
 * do something else in between. At the end *ret_end is true and there is no record. A fault ends the extraction for
 * good: a file that cannot be read, a row that does not fit its header, identities lost in a spreadsheet. */
MUST_CHECK bool extraction_next(struct extraction *extraction, struct staged_record *ret, bool *ret_end,
                                struct fault *fault);

/* What was left behind so far. */
size_t extraction_count_size(const struct extraction *extraction);
struct extraction_count extraction_count_at(const struct extraction *extraction, size_t index);

/* What stays behind as a whole; complete at the end. Borrowed. */
const struct left_behind *extraction_left_behind(const struct extraction *extraction);

/* Rows read so far in all passes, for progress. */
uint64_t extraction_rows_read(const struct extraction *extraction);

#endif
