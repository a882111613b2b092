#include "source/zip_unpack.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "base/memory.h"
#include "source/inflate64.h"

enum { PIECE = 256 * 1024 };

struct unpacking {
    int zip;
    int64_t at;   /* next packed byte */
    int64_t left; /* packed bytes */
    const struct zip_member *member;
    int to;
    int64_t written;
    uLong crc;
    z_stream stream;
    source_progress_fn *progress;
    void *progress_context;
    struct fault *fault;
    uint8_t packed[PIECE];
    uint8_t plain[PIECE];
};

bool zip_unpack_knows(uint16_t method)
{
    return method == ZIP_DEFLATED || method == ZIP_DEFLATED_64;
}

static bool fault_damaged(const struct unpacking *unpacking, const char *why, struct fault *fault)
{
    return fault_set(fault, FAULT_BAD_INPUT,
                     "%s is damaged in the zip (%s, after %" PRId64 " of %" PRId64
                     " bytes): copy the zip again, or have the backup packed again",
                     unpacking->member->name, why, unpacking->written, unpacking->member->size);
}

static bool fill(struct unpacking *unpacking, size_t *ret, struct fault *fault)
{
    size_t wanted = unpacking->left < PIECE ? (size_t)unpacking->left : PIECE;
    ssize_t got = 0;

    *ret = 0;
    if (wanted == 0)
        return true;
    do
        got = pread(unpacking->zip, unpacking->packed, wanted, unpacking->at);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return fault_errno(fault, FAULT_BAD_INPUT, "the zip cannot be read");
    if (got == 0)
        return fault_damaged(unpacking, "the zip is cut off", fault);
    unpacking->at += got;
    unpacking->left -= got;
    *ret = (size_t)got;
    return true;
}

static bool write_all(struct unpacking *unpacking, const uint8_t *from, size_t size, struct fault *fault)
{
    if ((int64_t)size > unpacking->member->size - unpacking->written)
        return fault_damaged(unpacking, "it is larger than the zip says", fault);
    unpacking->crc = crc32(unpacking->crc, from, (uInt)size);
    while (size) {
        ssize_t done = write(unpacking->to, from, size);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return fault_errno(fault, FAULT_BAD_INPUT, "the temporary file for unpacking cannot be written");
        from += done;
        size -= (size_t)done;
        unpacking->written += done;
    }
    if (unpacking->progress)
        unpacking->progress(unpacking->progress_context, unpacking->written, unpacking->member->size);
    return true;
}

static bool inflate_all(struct unpacking *unpacking, struct fault *fault)
{
    int result = Z_OK;

    while (result != Z_STREAM_END) {
        if (unpacking->stream.avail_in == 0) {
            size_t size = 0;

            if (!fill(unpacking, &size, fault))
                return false;
            unpacking->stream.next_in = unpacking->packed;
            unpacking->stream.avail_in = (uInt)size;
        }
        unpacking->stream.next_out = unpacking->plain;
        unpacking->stream.avail_out = PIECE;
        result = inflate(&unpacking->stream, Z_NO_FLUSH);
        if (result != Z_OK && result != Z_STREAM_END)
            return fault_damaged(unpacking, result == Z_BUF_ERROR ? "its end is missing" : "its bytes make no sense",
                                 fault);
        if (!write_all(unpacking, unpacking->plain, PIECE - unpacking->stream.avail_out, fault))
            return false;
    }
    return true;
}

static bool with_zlib(struct unpacking *unpacking, struct fault *fault)
{
    bool good;

    if (inflateInit2(&unpacking->stream, -MAX_WBITS) != Z_OK)
        return fault_set(fault, FAULT_INTERNAL, "zlib does not start on this machine");
    good = inflate_all(unpacking, fault);
    inflateEnd(&unpacking->stream);
    return good;
}

static bool fill_64(void *context, const uint8_t **ret, size_t *ret_size)
{
    struct unpacking *unpacking = context;

    *ret = unpacking->packed;
    return fill(unpacking, ret_size, unpacking->fault);
}

static bool take_64(void *context, const uint8_t *data, size_t size)
{
    struct unpacking *unpacking = context;

    return write_all(unpacking, data, size, unpacking->fault);
}

static bool with_inflate64(struct unpacking *unpacking, struct fault *fault)
{
    unpacking->fault = fault;
    switch (inflate64(fill_64, take_64, unpacking)) {
    case INFLATE64_DONE:
        return true;
    case INFLATE64_DAMAGED:
        return fault_damaged(unpacking, "its bytes make no sense", fault);
    case INFLATE64_SHORT:
        return fault_damaged(unpacking, "its end is missing", fault);
    case INFLATE64_STOPPED:
        break;
    }
    return false;
}

static bool prove(const struct unpacking *unpacking, struct fault *fault)
{
    if (unpacking->written != unpacking->member->size)
        return fault_damaged(unpacking, "it is smaller than the zip says", fault);
    if (unpacking->crc != unpacking->member->crc)
        return fault_damaged(unpacking, "its checksum is wrong", fault);
    return true;
}

bool zip_unpack(int zip, int64_t offset, const struct zip_member *member, int to, source_progress_fn *progress,
                void *progress_context, struct fault *fault)
{
    struct unpacking *unpacking = x_alloc(sizeof *unpacking);
    bool good = false;

    unpacking->zip = zip;
    unpacking->at = offset;
    unpacking->left = member->packed_size;
    unpacking->member = member;
    unpacking->to = to;
    unpacking->crc = crc32(0, NULL, 0);
    unpacking->progress = progress;
    unpacking->progress_context = progress_context;
    good = (member->method == ZIP_DEFLATED_64 ? with_inflate64(unpacking, fault) : with_zlib(unpacking, fault)) &&
           prove(unpacking, fault);
    free(unpacking);
    return good;
}
