/* Any bytes as a value of any type, as a piece of a text in any code page, as a block of the log, and as the directory
 * of a zip. Input: type, precision, scale, bit, four bytes of collation, then the value. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/must.h"
#include "source/bak/log.h"
#include "source/bak/scalar.h"
#include "source/inflate64.h"
#include "source/zip_directory.h"

enum { HEAD = 8, TEXT_MAX = 1 << 20 };

static volatile unsigned sink;

static void check_value(struct bak_scalars *scalars, const uint8_t *data, const uint8_t *bytes, size_t size)
{
    struct bak_column column = {.type = data[0], .precision = data[1], .scale = data[2]};
    struct value value = {0};
    const char *why = NULL;
    struct text out;
    struct text shown;

    memcpy(&column.collation, data + 4, 4);
    text_init(&out, TEXT_MAX);
    text_init(&shown, TEXT_MAX);
    if (bak_scalar_read(scalars, &column, bytes, size, data[3], &out, &value, &why)) {
        must(value.type != VALUE_NULL);
        value_put(&value, &shown);
        must(utf8_valid(text_string(&shown), shown.size));
        must(strlen(text_string(&shown)) == shown.size);
        for (size_t i = 0; value.type == VALUE_BYTES && i < value.text.size; i++)
            sink += (unsigned char)value.text.data[i];
    } else {
        must(why != NULL);
    }
    text_release(&out);
    text_release(&shown);
}

/* A text comes out the same however it is cut. */
static void check_pieces(const uint8_t *data, const uint8_t *bytes, size_t size)
{
    uint32_t collation;
    struct bak_decoder *decoder;
    struct text whole;
    struct text pieces;
    size_t cut = size ? data[3] % size : 0;

    memcpy(&collation, data + 4, 4);
    decoder = bak_decoder_new(data[0] & 1 ? BAK_CODE_PAGE_UTF16 : bak_code_page(collation));
    text_init(&whole, TEXT_MAX);
    text_init(&pieces, TEXT_MAX);
    bak_decoder_put(decoder, bytes, size, true, &whole);
    bak_decoder_put(decoder, bytes, cut, false, &pieces);
    bak_decoder_put(decoder, bytes + cut, size - cut, false, &pieces);
    bak_decoder_put(decoder, NULL, 0, true, &pieces);
    must(whole.size == pieces.size && memcmp(text_string(&whole), text_string(&pieces), whole.size) == 0);
    text_release(&whole);
    text_release(&pieces);
    bak_decoder_destroy(&decoder);
}

static bool take(void *context, const struct bak_log_record *record)
{
    (void)context;
    sink += record->operation;
    return true;
}

static void check_log(const uint8_t *data, size_t size)
{
    uint8_t *block = x_alloc_raw(size + 1);

    memcpy(block, data, size);
    if (size >= 16 && bak_log_block_size(block) == size && bak_log_block_read(block, size, take, NULL))
        sink++;
    free(block);
}

static void check_zip(const uint8_t *data, size_t size)
{
    scoped(descriptor_close) int descriptor = memfd_create("zip", 0);
    scoped(string_free) char *path = x_sprintf("/proc/self/fd/%d", descriptor);
    scoped(zip_directory_destroy) struct zip_directory *zip = NULL;
    struct fault fault = {0};

    must(write(descriptor, data, size) == (ssize_t)size);
    if (!zip_directory_read(path, &zip, &fault)) {
        must(fault.kind == FAULT_BAD_INPUT && fault.text[0]);
        return;
    }
    for (size_t i = 0; i < zip->count; i++) {
        int64_t offset = 0;

        must(zip->members[i].size >= 0 && zip->members[i].header_offset >= 0);
        if (zip_member_offset(descriptor, &zip->members[i], &offset, &fault))
            sink += (unsigned)offset;
    }
}

struct packed {
    const uint8_t *data;
    size_t size;
    size_t given;
};

static bool fill_packed(void *context, const uint8_t **ret, size_t *ret_size)
{
    struct packed *packed = context;

    *ret = packed->data;
    *ret_size = packed->size;
    packed->size = 0;
    return true;
}

static bool take_plain(void *context, const uint8_t *data, size_t size)
{
    struct packed *packed = context;

    for (size_t i = 0; i < size; i += 97)
        sink += data[i];
    packed->given += size;
    return packed->given < TEXT_MAX;
}

static void check_inflate64(const uint8_t *data, size_t size)
{
    struct packed packed = {.data = data, .size = size};

    sink += inflate64(fill_packed, take_plain, &packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bak_scalars *scalars;
    uint8_t *bytes;

    if (size < HEAD)
        return 0;
    if (!scalars)
        scalars = bak_scalars_new(0xD008);
    bytes = x_alloc_raw(size - HEAD + 1);
    memcpy(bytes, data + HEAD, size - HEAD);
    check_value(scalars, data, bytes, size - HEAD);
    check_pieces(data, bytes, size - HEAD);
    free(bytes);
    check_log(data, size);
    check_zip(data, size);
    check_inflate64(data + HEAD, size - HEAD);
    return 0;
}
