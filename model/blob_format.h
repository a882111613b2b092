/*
 * What a large value is, by its leading bytes and not by what its column or its name says; whether RTF or HTML holds
 * pictures; and whether it is still encrypted. Read piece by piece, in constant memory.
 */
#ifndef MODEL_BLOB_FORMAT_H
#define MODEL_BLOB_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

enum blob_format {
    BLOB_RTF,
    BLOB_HTML,
    BLOB_PLAIN, /* text without markup, in UTF-8, UTF-16 with a byte order mark, or a Windows code page */
    BLOB_DOCX,
    BLOB_PDF,
    BLOB_OTHER, /* an image, a film, an old Word file, anything else */
};

/* As it stands in a record: "rtf", "html", "plain", "docx", "pdf", "other". */
const char *blob_format_name(enum blob_format format);

enum { BLOB_HEAD_SIZE = 4096 };

/* By the first BLOB_HEAD_SIZE bytes. RTF and HTML may be in UTF-16; HTML need not begin with a tag. A Word document may
 * be another file of its kind of package after all: only all of its bytes tell. */
enum blob_format blob_format_of(struct slice bytes);

/* What it is made of, for readers of whole values. */
struct slice blob_skip_blanks(struct slice bytes); /* without a mark of UTF-8 and white space before the first letter */
bool blob_is_utf16(struct slice bytes, bool *ret_big_endian, size_t *ret_mark); /* by its mark of so many bytes, or by
                                                                                 * the zeros in every second one */
bool blob_is_text(struct slice bytes, bool is_cut); /* 8-bit text; one that is cut may end within a character */
bool blob_is_known_file(struct slice head);         /* begins as a kind of file that is no text */

/* A value under inspection. All zero before its first piece. */
struct blob_look {
    char head[BLOB_HEAD_SIZE];
    size_t head_size;
    unsigned words[5];             /* how much of each word for a picture was just seen */
    bool pictures[BLOB_OTHER + 1]; /* a word for them was seen, for each format */
};

/* Takes the next piece. False when nothing more needs to be seen: further pieces would change no answer. */
bool blob_look_at(struct blob_look *look, struct slice piece);

/* What the pieces so far say. Pictures: RTF with \pict or \object, HTML with <img or <svg,
 * DOCX with a file in word/media. */
enum blob_format blob_look_format(const struct blob_look *look);
bool blob_look_has_pictures(const struct blob_look *look);

/* True when the head is of no known kind and its bytes look like chance, or it is text that stands for such bytes
 * (hexadecimal, base64, or letters of no language). Less than BLOB_JUDGED_LEAST bytes cannot be judged. */
enum { BLOB_JUDGED_LEAST = 64 };
bool blob_look_is_encrypted(const struct blob_look *look);

#endif
