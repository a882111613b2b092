/*
 * What a kind of source brings along: source.c finds out which it is and hands every call on. A driver's source, scan
 * and blob begin with the structures of this file.
 */
#ifndef SOURCE_SOURCE_DRIVER_H
#define SOURCE_SOURCE_DRIVER_H

#include "source/header.h"
#include "source/source.h"

struct source_driver {
    void (*close)(struct source *source);
    size_t (*table_count)(const struct source *source);
    struct source_table (*table)(const struct source *source, size_t table);
    bool (*scan)(struct source *source, size_t table, struct scan **ret, struct fault *fault);
    bool (*open_blob)(struct source *source, const char *locator, struct blob **ret, struct fault *fault);

    /* NULL where no keys are known. *ret is zeroed. */
    void (*keys)(const struct source *source, size_t table, size_t column, struct source_keys *ret);

    /* NULL where there is nothing to say or to check. */
    void (*describe)(const struct source *source, struct source_facts *facts);
    bool (*examine)(struct source *source, struct source_facts *facts, struct fault *fault);
    bool (*check_step)(struct source *source, struct source_facts *facts, double *ret_done, bool *ret_end,
                       struct fault *fault);
};

struct source {
    const struct source_driver *driver;
};

struct scan_driver {
    void (*close)(struct scan *scan);
    bool (*next)(struct scan *scan, const struct value **ret, struct fault *fault);
    uint64_t (*row)(const struct scan *scan);
    const char *(*format)(const struct scan *scan);
    bool (*locate)(const struct scan *scan, size_t column, struct text *locator, int64_t *ret_size_bytes,
                   bool *ret_found, struct fault *fault);

    /* NULL where every column is text, and every row is good. */
    void (*type)(const struct scan *scan, size_t column, struct text *out);
    bool (*may_read)(const struct scan *scan, size_t column, struct fault *fault);
    void (*tally)(const struct scan *scan, struct scan_tally *ret);
};

struct scan {
    const struct scan_driver *driver;
    const char *origin; /* borrowed */
    struct header header;
    const struct value *values; /* of the row at hand; NULL before the first and after the last */
    uint64_t rows;              /* given so far */
};

struct blob_driver {
    void (*close)(struct blob *blob);
    bool (*read)(struct blob *blob, void *buffer, size_t size, size_t *ret_size, struct fault *fault);
};

struct blob {
    const struct blob_driver *driver;
    int64_t size;
};

/* Appends a fact; the text is copied. `name` and `title` stay borrowed. */
void source_facts_put(struct source_facts *facts, const char *name, const char *title, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* As source_facts_put for a number, which stays one for machines. */
void source_facts_count(struct source_facts *facts, const char *name, const char *title, int64_t number);

/* As source_facts_put for one of several facts of that name. */
void source_facts_add(struct source_facts *facts, const char *name, const char *title, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* Appends a warning that is good to know. */
void source_facts_warn(struct source_facts *facts, const char *format, ...) PRINTF_LIKE(2, 3);

/* Appends a warning to the faults: something is damaged, missing or doubtful. */
void source_facts_fault(struct source_facts *facts, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
