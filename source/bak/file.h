/*
 * One file of a backup, read at offsets: a file of its own, or a stretch of a larger one (a stored member of a zip).
 */
#ifndef SOURCE_BAK_FILE_H
#define SOURCE_BAK_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

struct bak_input {
    const char *path;
    int64_t offset;   /* where the backup begins in the file */
    int64_t size;     /* of the backup in bytes; 0: to the end of the file */
    const char *name; /* for messages; NULL: the file's own */
};

struct bak_file;

/* Told now and then how far a long piece of work is, in bytes. */
struct bak_progress {
    void (*tell)(void *context, int64_t done, int64_t total); /* NULL for nobody */
    void *context;
};

MUST_CHECK bool bak_file_open(const struct bak_input *input, struct bak_file **ret, struct fault *fault);
void bak_file_close(struct bak_file **file);

/* The name without folders, for messages. */
const char *bak_file_name(const struct bak_file *file);
const char *bak_file_path(const struct bak_file *file);
int64_t bak_file_size(const struct bak_file *file);

/* Reads exactly `size` bytes at `offset`; FAULT_BAD_INPUT when the file has not so many. */
MUST_CHECK bool bak_file_read(const struct bak_file *file, int64_t offset, void *buffer, size_t size,
                              struct fault *fault);

#endif
