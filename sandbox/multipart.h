/*
 * multipart/form-data as a stream (RFC 7578, RFC 2046): parts come out as their bytes come in, so a part may have any
 * size while the parser's memory stays the same.
 */
#ifndef SANDBOX_MULTIPART_H
#define SANDBOX_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

enum { MULTIPART_NAME_SIZE = 256, MULTIPART_BOUNDARY_SIZE = 71 };

struct multipart_part {
    char name[MULTIPART_NAME_SIZE];
    char file_name[MULTIPART_NAME_SIZE];
    char content_type[MULTIPART_NAME_SIZE];
    bool has_file_name;
};

struct multipart_events {
    void (*begin)(void *argument, const struct multipart_part *part);
    void (*data)(void *argument, const char *data, size_t size_bytes);
    void (*end)(void *argument);
};

struct multipart;

/* The boundary from a Content-Type header. False: the header has none, or one that is no boundary. */
bool multipart_boundary(const char *content_type, char ret[MULTIPART_BOUNDARY_SIZE]);

/* The events are borrowed. */
struct multipart *multipart_new(const char *boundary, const struct multipart_events *events, void *argument);
void multipart_destroy(struct multipart **multipart);

/* Takes the next bytes. False: they are no multipart body; nothing more is taken. */
bool multipart_feed(struct multipart *multipart, const char *data, size_t size_bytes);

/* True when the closing boundary has come. */
bool multipart_is_complete(const struct multipart *multipart);

#endif
