/* Any bytes as the container of a backup, their checksums put right first so that they do not hide what lies behind. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/must.h"
#include "source/bak/container.h"

enum { BLOCK_SIZE = 52, STREAM_SIZE = 22 };

static unsigned word(const uint8_t *at)
{
    return at[0] | (unsigned)at[1] << 8;
}

static void correct(uint8_t *at, size_t words)
{
    unsigned sum = 0;

    for (size_t i = 0; i < words; i++)
        sum ^= word(at + 2 * i);
    at[2 * words] = (uint8_t)sum;
    at[2 * words + 1] = (uint8_t)(sum >> 8);
}

/* Over blocks and streams by their lengths, as far as they make sense. */
static void correct_all(uint8_t *data, size_t size)
{
    size_t at = 0;

    while (size - at >= BLOCK_SIZE) {
        size_t stream = word(data + at + 8);
        uint64_t length = 0;

        correct(data + at, 25);
        if (stream < BLOCK_SIZE || stream > size - at)
            return;
        stream += at;
        if (memcmp(data + at, "SFMB", 4) == 0) {
            at = stream;
            continue;
        }
        do {
            stream = (stream + 3) & ~(size_t)3;
            if (stream > size || size - stream < STREAM_SIZE)
                return;
            correct(data + stream, 10);
            memcpy(&length, data + stream + 8, sizeof length);
            if (length > size - stream - STREAM_SIZE)
                return;
            at = stream + STREAM_SIZE + (size_t)length;
            if (memcmp(data + stream, "SPAD", 4) == 0)
                break;
            stream = at;
        } while (true);
    }
}

static void check_set(const struct bak_set *set, int64_t size)
{
    must(set->name && set->description && set->user);
    must(!set->has_facts || (set->database && set->server));
    for (size_t i = 0; i < set->piece_count; i++) {
        const struct bak_pieces *run = &set->pieces[i];

        must(run->count > 0 && run->size > 0 && run->size % BAK_EXTENT_SIZE == 0 && run->pass < set->passes);
        must(run->offset > 0 && run->offset + run->step * (run->count - 1) + run->size <= size);
    }
    for (size_t i = 0; i < set->log_count; i++)
        must(set->log[i].offset > 0 && set->log[i].offset + set->log[i].size <= size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int descriptor = memfd_create("backup", 0);
    scoped(string_free) char *path = x_sprintf("/proc/self/fd/%d", descriptor);
    uint8_t *copy = x_alloc_raw(size + 1);
    struct bak_input input = {.path = path};
    struct bak_file *file = NULL;
    struct bak_container *container = NULL;
    struct fault fault = {0};

    memcpy(copy, data, size);
    correct_all(copy, size);
    must(write(descriptor, copy, size) == (ssize_t)size);
    free(copy);
    must(bak_file_open(&input, &file, &fault));
    if (bak_container_open(file, &container, &fault)) {
        for (size_t i = 0; i < bak_container_set_count(container); i++)
            check_set(bak_container_set(container, i), (int64_t)size);
    } else {
        must(fault.kind == FAULT_BAD_INPUT && fault.text[0]);
    }
    bak_container_close(&container);
    bak_file_close(&file);
    close(descriptor);
    return 0;
}
