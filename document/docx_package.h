/*
 * The zip of a DOCX: its parts in memory, and the relationships between them (ECMA-376, part 2).
 */
#ifndef DOCUMENT_DOCX_PACKAGE_H
#define DOCUMENT_DOCX_PACKAGE_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/text.h"

struct docx_package;

/* Reads the parts that a document is made of: XML and pictures. Refuses a zip that unpacks to more than 512 MiB, or to
 * more than 16 MiB and 200 times its own size. */
MUST_CHECK bool docx_package_new(struct slice zip, struct docx_package **ret, struct fault *fault);
void docx_package_destroy(struct docx_package **package);

/* The bytes of a part by its name without a leading slash; NULL data when there is none. Borrowed. */
struct slice docx_part(const struct docx_package *package, const char *name);

/* The name of the main part. Borrowed. */
const char *docx_main_part(const struct docx_package *package);

/* The part that the relationship of the main part leads to: by its id, or by the ending of its type ("/footnotes"). */
struct slice docx_related_by_id(const struct docx_package *package, const char *id);
struct slice docx_related_by_type(const struct docx_package *package, const char *type_ending);

#endif
