/* CAST and CONVERT of the stand-in SQL Server, as far as clients ask for them; and what a sql_variant holds. */
#ifndef SANDBOX_TDS_CONVERT_H
#define SANDBOX_TDS_CONVERT_H

#include "base/fault.h"
#include "sandbox/tds_datum.h"

struct scratch;

enum { TDS_STYLE_NONE = -1 };

/* A sql_variant stands in an export as "decimal(5,2):1.50": the type that it holds, and the value. Borrowed. */
MUST_CHECK bool tds_variant_open(const struct tds_datum *datum, struct slice *ret_name, struct tds_type *ret_type,
                                 struct tds_datum *ret_value, struct fault *fault);

/* Text to bytes and to another kind of text, numbers to bytes, to and from integers; dates and money to text by a
 * style. What is made stands in `scratch`. FAULT_BAD_INPUT with SQL Server's number when it cannot be done. */
MUST_CHECK bool tds_convert(struct scratch *scratch, const struct tds_type *from, struct tds_datum value,
                            const struct tds_type *to, int64_t style, struct tds_datum *ret, struct fault *fault);

#endif
