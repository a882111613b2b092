/* Large values of a row as records hold them: text as it is, anything else as a locator with what it is. */
#ifndef SOURCE_BLOB_VALUE_H
#define SOURCE_BLOB_VALUE_H

#include "model/blob_format.h"
#include "source/pass.h"
#include "source/source.h"

enum blob_verdict {
    BLOB_READY,
    BLOB_ENCRYPTED, /* the column may be encrypted, and this value is */
};

/* Appends {"text": …} or {"locator": …, "size": …}, with "format" and "pictures", for the value `text` of a column in
 * the row at hand. No more of a file is read than needed: its beginning, or in RTF and HTML the way to the first
 * picture. `needs_file`: the value cannot be a text. Faults are problems of the row; they quote nothing of the value.
 */
MUST_CHECK bool blob_value_put(struct source *source, const struct pass *pass, size_t column, struct slice text,
                               bool needs_file, struct text *out, enum blob_verdict *ret, struct fault *fault);

/* Looks at a value from its beginning, as far as needed. */
MUST_CHECK bool blob_look_through(struct source *source, const char *locator, struct blob_look *look,
                                  struct fault *fault);

/* True for 1, -1 and true: what databases write for yes. */
bool blob_flag_is_set(struct slice flag);

#endif
