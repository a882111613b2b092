/*
 * Code pages of Windows, DOS and the Mac by their numbers, and the charset numbers of Windows fonts.
 */
#ifndef DOCUMENT_CODEPAGE_H
#define DOCUMENT_CODEPAGE_H

#include <stdbool.h>

enum {
    CODEPAGE_WESTERN = 1252,
    CODEPAGE_MAC = 10000,
    CODEPAGE_UTF8 = 65001,
};

/* ICU's name of the code page, NULL when it has none. */
const char *codepage_name(int number);

/* The code page of a font's charset (\fcharset of RTF, lfCharSet of Windows); 0 for "the document's". */
int codepage_of_charset(int charset);

/* True for a byte that begins a character of two bytes in that code page. */
bool codepage_is_lead(int number, unsigned char byte);

#endif
