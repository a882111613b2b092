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

/* A value under inspection. All zero before its first piece. */
struct blob_look {
    char head[BLOB_HEAD_SIZE];
    size_t head_size;
    unsigned words[4]; /* how much of each word for a picture was just seen */
    bool rtf_pictures;
    bool html_pictures;
};

/* Takes the next piece. False when nothing more needs to be seen: further pieces would change no answer. */
bool blob_look_at(struct blob_look *look, struct slice piece);

/* What the pieces so far say. Pictures: RTF with \pict or \object, HTML with <img or <svg. */
enum blob_format blob_look_format(const struct blob_look *look);
bool blob_look_has_pictures(const struct blob_look *look);

/* True when the head is of no known kind and its bytes look like chance, or it is text that stands for such bytes
 * (hexadecimal, base64, or letters of no language). Less than BLOB_JUDGED_LEAST bytes cannot be judged. */
enum { BLOB_JUDGED_LEAST = 64 };
bool blob_look_is_encrypted(const struct blob_look *look);

#endif
