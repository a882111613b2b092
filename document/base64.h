/*
 * Base64 as it stands in data: addresses and text columns (RFC 4648, sections 4 and 5).
 */
#ifndef DOCUMENT_BASE64_H
#define DOCUMENT_BASE64_H

#include <stddef.h>

/* Decodes up to the first padding or the end and gives the number of bytes, at most three quarters of the letters and
 * 3. White space and what else is no letter is passed over, as are its %-escapes. */
size_t base64_decode(const char *text, unsigned char *out);

#endif
