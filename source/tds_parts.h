/* What the files of the live source share with one another, and with nobody else. */
#ifndef SOURCE_TDS_PARTS_H
#define SOURCE_TDS_PARTS_H

#include "source/bak/scalar.h"
#include "source/source_driver.h"
#include "source/tds_catalogue.h"
#include "source/tds_link.h"
#include "source/tds_url.h"
#include "source/tds_value.h"

struct tds_source {
    struct source base;
    struct tds_url *url;
    struct tds_catalogue *catalogue;
    struct bak_scalars *scalars;
    struct tds_link *asking; /* for the catalogue and large values: each statement by itself */
    struct tds_link **idle;  /* for passes, within a snapshot that lasts; those that no scan uses now */
    size_t idle_count;
    bool encrypted;
};

enum { TDS_STATEMENT_BYTES_MAX = 16 * 1024 * 1024, TDS_LOCATOR_BYTES_MAX = 500 };

/* A connection for a pass: one that was used before, or a new one. Put it back at the end of the pass, read to the end
 * or not. */
MUST_CHECK bool tds_take_link(struct tds_source *source, struct tds_link **ret, struct fault *fault);
void tds_put_back(struct tds_source *source, struct tds_link **link);

/* Asks by a connection of its own, which is made anew when it was lost before. *ret is NULL when there is none. */
MUST_CHECK bool tds_ask(struct tds_source *source, const char *statement, struct tds_link **ret, struct fault *fault);

MUST_CHECK bool tds_scan_open(struct source *source, size_t table, struct scan **ret, struct fault *fault);

/* Appends "tds:<table>:<column>:<key column>=<key>,…:<size as kept by the server>:<size>"; what is not a letter, digit,
 * '.', '_' or '-' stands as % and two hexadecimal digits. `values` are those of the whole row. FAULT_BAD_INPUT when the
 * table has no key, or one that is too long. */
MUST_CHECK bool tds_locator_put(const struct tds_table *table, const struct tds_column *column,
                                const struct value *values, int64_t server_size, int64_t size, struct text *out,
                                struct fault *fault);

MUST_CHECK bool tds_blob_open(struct source *source, const char *locator, struct blob **ret, struct fault *fault);

/* How large a text is as UTF-8: it is read whole to know that. The size within the locator does not count. */
MUST_CHECK bool tds_blob_measure(struct tds_source *source, const char *locator, int64_t *ret, struct fault *fault);

#endif
