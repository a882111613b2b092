/*
 * Deflate64 ("enhanced deflate"), with which Windows packs files of 2 GB and more into zips: deflate (RFC 1951) with a
 * window of 64 KB, two more distance codes, and a longest match of 65,538 bytes (APPNOTE.TXT 6.3, section 4.4.5,
 * method 9). zlib does not know it.
 */
#ifndef SOURCE_INFLATE64_H
#define SOURCE_INFLATE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

enum inflate64_result {
    INFLATE64_DONE,
    INFLATE64_DAMAGED, /* the bytes make no sense */
    INFLATE64_SHORT,   /* they end too early */
    INFLATE64_STOPPED, /* one of the functions has said so */
};

/* Gives the next packed bytes, borrowed until it is asked again; none at the end. False stops. */
typedef bool inflate64_fill_fn(void *context, const uint8_t **ret, size_t *ret_size);

/* Takes the next plain bytes. False stops. */
typedef bool inflate64_take_fn(void *context, const uint8_t *data, size_t size);

enum inflate64_result inflate64(inflate64_fill_fn *fill, inflate64_take_fn *take, void *context);

#endif
