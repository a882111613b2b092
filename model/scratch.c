#include "model/scratch.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { CHUNK_SIZE = 16 * 1024, CHUNKS_KEPT_BYTES = 1024 * 1024 };

struct chunk {
    struct chunk *next;
    size_t used;
    size_t room;
    char bytes[];
};

/* The newest chunk stands first; pieces never move. */
struct scratch {
    struct chunk *chunks;
};

static void free_after(struct chunk *chunk)
{
    struct chunk *next = NULL;

    for (; chunk; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
}

static struct chunk *add_chunk(struct scratch *scratch, size_t least)
{
    size_t room = least > CHUNK_SIZE ? least : CHUNK_SIZE;
    struct chunk *chunk = x_alloc(sizeof *chunk + room);

    chunk->room = room;
    chunk->next = scratch->chunks;
    scratch->chunks = chunk;
    return chunk;
}

struct scratch *scratch_new(void)
{
    return x_alloc(sizeof(struct scratch));
}

void scratch_destroy(struct scratch **scratch)
{
    if (*scratch)
        free_after((*scratch)->chunks);
    free(*scratch);
    *scratch = NULL;
}

void scratch_clear(struct scratch *scratch)
{
    struct chunk *newest = scratch->chunks;

    if (!newest)
        return;
    free_after(newest->next);
    newest->next = NULL;
    newest->used = 0;
    if (newest->room > CHUNKS_KEPT_BYTES) {
        free(newest);
        scratch->chunks = NULL;
    }
}

char *scratch_take(struct scratch *scratch, size_t size_bytes)
{
    struct chunk *chunk = scratch->chunks;
    char *piece = NULL;

    if (!chunk || chunk->room - chunk->used < size_bytes)
        chunk = add_chunk(scratch, size_bytes);
    piece = chunk->bytes + chunk->used;
    chunk->used += size_bytes;
    return piece;
}

struct slice scratch_copy(struct scratch *scratch, struct slice text)
{
    char *copy = scratch_take(scratch, text.size + 1);

    if (text.size)
        memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    return (struct slice){copy, text.size};
}
