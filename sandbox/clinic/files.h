/* Files of the kinds that people attach, made from plain lines ended by '\n'. */
#ifndef SANDBOX_CLINIC_FILES_H
#define SANDBOX_CLINIC_FILES_H

#include "base/text.h"

/* One page or more of Helvetica. Characters that Latin-1 does not have become question marks. */
void file_pdf(const char *text, struct text *out);

/* A Word document: one paragraph a line. */
void file_docx(const char *text, struct text *out);

/* A Word 97 document as far as its signature and its text go: a compound file with the stream WordDocument. The text
 * is kept as Latin-1, of at most 3 KiB. */
void file_doc(const char *text, struct text *out);

/* An archive of one file, not packed. */
void file_zip(const char *name, struct slice content, struct text *out);

#endif
