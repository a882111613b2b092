/*
 * Which files a record brings to Cliniko, and their making: an attachment goes as it is, a letter as a PDF of its text,
 * a note with pictures as a PDF that shows them, an X-ray with its report as one PDF. What such a PDF cannot show goes
 * along as it is, as a file beside: nothing is lost. PDFs are made into files that have no name.
 */
#ifndef WORKERS_DOCUMENTS_H
#define WORKERS_DOCUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/json.h"
#include "model/entity.h"
#include "source/source.h"

enum { DOCUMENTS_MOST = 3 };

struct document_file {
    const char *part; /* "" for the record's own file, the last one; else "image", "report" or "original" */
    char *name;       /* safe (cliniko/upload.h) */
    const char *content_type;
    const char *member; /* of the payload, whose value goes as it is; NULL for a file that was made */
    int descriptor;     /* of the file that was made; -1 for none */
    int64_t size_bytes;
};

struct documents {
    struct document_file files[DOCUMENTS_MOST];
    size_t count;
    char *warning; /* what the user has to know; NULL for nothing */
};

/* FAULT_BAD_INPUT: the record cannot go over, with the reason: its file is empty, cannot be read, looks encrypted.
 * FAULT_RETRY: there is no room for the PDF at the moment. */
MUST_CHECK bool documents_make(struct source *source, enum entity entity, const char *key, const struct json *payload,
                               struct documents **ret, struct fault *fault);
void documents_destroy(struct documents **documents);

/* One file read from its beginning, any number of times. The payload and the documents must outlive it. */
struct document_bytes;
MUST_CHECK bool document_bytes_open(struct source *source, const struct json *payload, const struct document_file *file,
                                    struct document_bytes **ret, struct fault *fault);
void document_bytes_close(struct document_bytes **bytes);
bool document_bytes_read(void *bytes, void *buffer, size_t size, size_t *ret_size, struct fault *fault);

#endif
