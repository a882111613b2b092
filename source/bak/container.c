#include "source/bak/container.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "source/bak/endian.h"
#include "source/bak/set_facts.h"
#include "source/bak/utf16.h"

enum {
    BLOCK_SIZE = 52,
    STREAM_SIZE = 22,
    HEAD_SIZE = 65535 + BLOCK_SIZE, /* of a block before its first stream: the offset is 16 bits wide */
    FIELDS_END = 128,               /* no field of a block that is read lies after it */
    FACTS_SIZE_MAX = 64 * 1024 * 1024,
    PIECES_MAX = 1000 * 1000,
    UNKNOWN_MAX = 100,
    VENDOR_SQL_SERVER = 0x1200,
    STREAM_ENCRYPTED = 0x8,
    STREAM_COMPRESSED = 0x10,
    STREAM_CHECKSUMMED = 0x100,
    PAGE_PREFIX = 2, /* bytes before the pages, and before the log, of a piece */
};

struct bak_container {
    const struct bak_file *file;
    struct bak_media media;
    struct bak_set *sets;
    size_t set_count;
    struct bak_unknown unknown[UNKNOWN_MAX];
    size_t unknown_count;
    char *damage;
};

/* A block at hand, and its stream. */
struct walk {
    struct bak_container *container;
    int64_t position; /* of the block */
    char type[5];
    bool is_text_wide;
    uint8_t *head; /* the block up to its first stream */
    size_t head_size;
    char stream[5];
    unsigned attributes;
    int64_t data; /* of the stream: where it begins, and its length */
    int64_t length;
};

int bak_lsn_compare(struct bak_lsn left, struct bak_lsn right)
{
    if (left.file != right.file)
        return left.file < right.file ? -1 : 1;
    if (left.block != right.block)
        return left.block < right.block ? -1 : 1;
    return (left.record > right.record) - (left.record < right.record);
}

static uint16_t xor_words(const uint8_t *data, size_t words)
{
    uint16_t sum = 0;

    for (size_t i = 0; i < words; i++)
        sum ^= bak_u16(data + 2 * i);
    return sum;
}

static bool fault_short(const struct bak_container *container, int64_t at, const char *what, int64_t size,
                        struct fault *fault)
{
    int64_t file_size = bak_file_size(container->file);

    return fault_set(fault, FAULT_BAD_INPUT,
                     "%s is cut off: %s at byte %" PRId64 " needs %" PRId64 " bytes, but the file ends at byte %" PRId64
                     "; %" PRId64 " bytes are missing. Copy the backup again from where it was made",
                     bak_file_name(container->file), what, at, size, file_size, size - (file_size - at));
}

static struct bak_set *current_set(const struct walk *walk)
{
    return walk->container->set_count ? &walk->container->sets[walk->container->set_count - 1] : NULL;
}

static void copy_tag(char tag[5], const uint8_t *from)
{
    for (size_t i = 0; i < 4; i++)
        tag[i] = from[i] >= 0x20 && from[i] < 0x7F ? (char)from[i] : '?';
    tag[4] = '\0';
}

static bool is_one_of(const char *tag, const char *list)
{
    return strstr(list, tag) != NULL && !strchr(tag, ' ');
}

static void remember_unknown(struct bak_container *container, const char *id, uint64_t bytes)
{
    size_t i = 0;

    while (i < container->unknown_count && strcmp(container->unknown[i].id, id) != 0)
        i++;
    if (i == UNKNOWN_MAX)
        return;
    if (i == container->unknown_count) {
        memcpy(container->unknown[i].id, id, 5);
        container->unknown_count++;
    }
    container->unknown[i].count++;
    container->unknown[i].bytes += bytes;
}

/* Text of the block that a string address (size, offset) at `address` names; "" when it would lie outside. */
static char *block_string(const struct walk *walk, size_t address)
{
    size_t size = bak_u16(walk->head + address);
    size_t offset = bak_u16(walk->head + address + 2);
    struct text text;

    if (offset > walk->head_size || size > walk->head_size - offset)
        return x_strdup("");
    if (walk->is_text_wide)
        return bak_utf16_string(walk->head + offset, size);
    text_init(&text, size * 2 + 1);
    for (size_t i = 0; i < size && walk->head[offset + i]; i++)
        text_put_codepoint(&text, walk->head[offset + i]);
    return text.size ? text_take(&text) : x_strdup("");
}

/* Reads the block's header, and what stands between it and its first stream. */
static bool read_block(struct walk *walk, struct fault *fault)
{
    const struct bak_container *container = walk->container;
    int64_t left = bak_file_size(container->file) - walk->position;
    uint8_t *head = walk->head;

    /* A short block has zeros where fields of longer ones would be. */
    memset(head, 0, FIELDS_END);
    if (left < BLOCK_SIZE)
        return fault_short(container, walk->position, "a block", BLOCK_SIZE, fault);
    if (!bak_file_read(container->file, walk->position, head, BLOCK_SIZE, fault))
        return false;
    copy_tag(walk->type, head);
    if (xor_words(head, 25) != bak_u16(head + 50))
        return fault_set(fault, FAULT_BAD_INPUT,
                         "%s is damaged at byte %" PRId64 ": where a block should begin, its checksum is wrong",
                         bak_file_name(container->file), walk->position);
    walk->is_text_wide = head[48] == 2;
    walk->head_size = bak_u16(head + 8);
    if (walk->head_size < BLOCK_SIZE)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "%s is damaged at byte %" PRId64 ": block %s has no room for its header",
                         bak_file_name(container->file), walk->position, walk->type);
    if (left < (int64_t)walk->head_size)
        return fault_short(container, walk->position, "a block", (int64_t)walk->head_size, fault);
    return bak_file_read(container->file, walk->position, head, walk->head_size, fault);
}

static bool read_stream(struct walk *walk, int64_t at, struct fault *fault)
{
    const struct bak_container *container = walk->container;
    int64_t left = bak_file_size(container->file) - at;
    uint8_t header[STREAM_SIZE];

    if (left < STREAM_SIZE)
        return fault_short(container, at, "the header of a stream", STREAM_SIZE, fault);
    if (!bak_file_read(container->file, at, header, sizeof header, fault))
        return false;
    copy_tag(walk->stream, header);
    if (xor_words(header, 10) != bak_u16(header + 20))
        return fault_set(fault, FAULT_BAD_INPUT,
                         "%s is damaged at byte %" PRId64 ": the header of a stream of block %s (at byte %" PRId64
                         ") has a wrong checksum",
                         bak_file_name(container->file), at, walk->type, walk->position);
    walk->attributes = bak_u16(header + 6);
    walk->data = at + STREAM_SIZE;
    walk->length = bak_i64(header + 8);
    if (walk->length < 0)
        return fault_set(fault, FAULT_BAD_INPUT, "%s is damaged at byte %" PRId64 ": stream %s has an absurd length",
                         bak_file_name(container->file), at, walk->stream);
    if (walk->length > left - STREAM_SIZE)
        return walk->length > INT64_MAX - STREAM_SIZE
                   ? fault_set(fault, FAULT_BAD_INPUT,
                               "%s is damaged at byte %" PRId64 ": stream %s has an absurd length",
                               bak_file_name(container->file), at, walk->stream)
                   : fault_short(container, at, "a stream", walk->length + STREAM_SIZE, fault);
    if (walk->attributes & (STREAM_ENCRYPTED | STREAM_COMPRESSED))
        return fault_set(fault, FAULT_BAD_INPUT, "stream %s at byte %" PRId64 " of %s is %s: this cannot be read",
                         walk->stream, at, bak_file_name(container->file),
                         walk->attributes & STREAM_ENCRYPTED ? "encrypted" : "compressed");
    return true;
}

static bool take_facts(struct walk *walk, struct fault *fault)
{
    struct bak_set *set = current_set(walk);
    const struct bak_file *file = walk->container->file;
    const char *why = NULL;
    uint8_t *data;
    bool good;

    if (!set)
        return true;
    if (walk->length > FACTS_SIZE_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "%s is damaged at byte %" PRId64 ": the facts of a set are too long",
                         bak_file_name(file), walk->data);
    data = x_alloc_raw((size_t)walk->length + 1);
    good = bak_file_read(file, walk->data, data, (size_t)walk->length, fault);
    if (good && !bak_set_facts_read(data, (size_t)walk->length, strcmp(walk->type, "MSLS") == 0, set, &why))
        good = fault_set(fault, FAULT_BAD_INPUT, "%s is damaged at byte %" PRId64 ": the backup set there: %s",
                         bak_file_name(file), walk->data, why);
    free(data);
    return good;
}

static bool continues(const struct bak_pieces *run, int64_t offset, int64_t size, unsigned pass)
{
    if (run->pass != pass || run->size != size)
        return false;
    return run->count == 1 ? offset > run->offset : offset == run->offset + run->step * run->count;
}

static bool take_pages(struct walk *walk, struct fault *fault)
{
    struct bak_set *set = current_set(walk);
    int64_t size = walk->length - PAGE_PREFIX;
    struct bak_pieces *last;

    if (!set || walk->length == 0)
        return true;
    set->has_checksums = set->has_checksums || walk->attributes & STREAM_CHECKSUMMED;
    if (size < 0 || size % BAK_EXTENT_SIZE != 0)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "%s is damaged at byte %" PRId64 ": %" PRId64 " bytes are no whole number of extents",
                         bak_file_name(walk->container->file), walk->data, walk->length);
    if (size == 0)
        return true;
    last = set->piece_count ? &set->pieces[set->piece_count - 1] : NULL;
    if (last && continues(last, walk->data + PAGE_PREFIX, size, set->passes - 1)) {
        last->step = last->count == 1 ? walk->data + PAGE_PREFIX - last->offset : last->step;
        last->count++;
        return true;
    }
    if (set->piece_count >= PIECES_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "the pages in %s stand in more than %d pieces",
                         bak_file_name(walk->container->file), PIECES_MAX);
    if ((set->piece_count & (set->piece_count - 1)) == 0)
        set->pieces = x_grow_array(set->pieces, set->piece_count ? 2 * set->piece_count : 1, sizeof *set->pieces);
    set->pieces[set->piece_count++] =
        (struct bak_pieces){.offset = walk->data + PAGE_PREFIX, .size = size, .count = 1, .pass = set->passes - 1};
    return true;
}

static bool take_log(struct walk *walk, struct fault *fault)
{
    struct bak_set *set = current_set(walk);

    if (!set || walk->length <= PAGE_PREFIX)
        return true;
    if (set->log_count >= PIECES_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "the log in %s stands in more than %d pieces",
                         bak_file_name(walk->container->file), PIECES_MAX);
    set->log = x_grow_array(set->log, set->log_count + 1, sizeof *set->log);
    set->log[set->log_count++] = (struct bak_log_piece){
        .offset = walk->data + PAGE_PREFIX,
        .size = walk->length - PAGE_PREFIX,
        .from = bak_u64(walk->head + 60),
        .to = bak_u64(walk->head + 68),
        .log_file = bak_u32(walk->head + 76),
    };
    return true;
}

static bool take_raid(struct walk *walk, struct fault *fault)
{
    struct bak_media *media = &walk->container->media;
    uint8_t raid[32];

    if (walk->length < (int64_t)sizeof raid)
        return true;
    if (!bak_file_read(walk->container->file, walk->data, raid, sizeof raid, fault))
        return false;
    memcpy(media->set_id, raid, sizeof media->set_id);
    media->families = bak_u16(raid + 20);
    media->family = bak_u16(raid + 24);
    return true;
}

static bool take_stream(struct walk *walk, struct fault *fault)
{
    if (strcmp(walk->stream, "MQDA") == 0 && strcmp(walk->type, "MSDA") == 0)
        return take_pages(walk, fault);
    if (strcmp(walk->stream, "MQTL") == 0 && strcmp(walk->type, "MSTL") == 0)
        return take_log(walk, fault);
    if (strcmp(walk->stream, "MQCI") == 0 && is_one_of(walk->type, "MSCI MSLS"))
        return take_facts(walk, fault);
    if (strcmp(walk->stream, "RAID") == 0 && strcmp(walk->type, "TAPE") == 0)
        return take_raid(walk, fault);
    if (!is_one_of(walk->stream, "SPAD APAD RAID OTCP TSMP CSUM"))
        remember_unknown(walk->container, walk->stream, (uint64_t)walk->length);
    return true;
}

static bool start_set(struct walk *walk, struct fault *fault)
{
    struct bak_container *container = walk->container;
    struct bak_set *set;

    if (container->set_count >= BAK_SETS_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "%s holds more than %d backup sets", bak_file_name(container->file),
                         BAK_SETS_MAX);
    container->sets = x_grow_array(container->sets, container->set_count + 1, sizeof *container->sets);
    set = &container->sets[container->set_count++];
    *set = (struct bak_set){
        .number = bak_u16(walk->head + 62),
        .offset = walk->position,
        .name = block_string(walk, 64),
        .description = block_string(walk, 68),
        .user = block_string(walk, 76),
        .written = bak_time_at(walk->head + 88),
        .created = BAK_TIME_UNSET,
        .started = BAK_TIME_UNSET,
        .finished = BAK_TIME_UNSET,
    };
    return true;
}

static bool take_tape(struct walk *walk, struct fault *fault)
{
    struct bak_media *media = &walk->container->media;
    const char *name = bak_file_name(walk->container->file);

    if (walk->position != 0)
        return fault_set(fault, FAULT_BAD_INPUT, "a second medium begins at byte %" PRId64 " of %s", walk->position,
                         name);
    if (bak_u16(walk->head + 86) != VENDOR_SQL_SERVER)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "%s is a tape backup of another program, not a database backup of SQL Server", name);
    media->families = 1;
    media->family = 1;
    media->has_password = bak_u16(walk->head + 62) == 5 && bak_u16(walk->head + 76) != 0;
    media->software = block_string(walk, 80);
    media->written = bak_time_at(walk->head + 88);
    return true;
}

/* What the block itself says, before its streams. */
static bool take_block(struct walk *walk, struct fault *fault)
{
    struct bak_set *set = current_set(walk);

    if (strcmp(walk->type, "TAPE") == 0)
        return take_tape(walk, fault);
    if (strcmp(walk->type, "SSET") == 0)
        return start_set(walk, fault);
    if (strcmp(walk->type, "MSDA") == 0 && set)
        set->passes++;
    else if (!is_one_of(walk->type, "VOLB MSCI MSTL MSLS ESET DIRB FILE CFIL ESPB EOTM MSDA"))
        remember_unknown(walk->container, walk->type, 0);
    return true;
}

/* Over the streams of the block at hand; moves the walk to the next block. */
static bool walk_streams(struct walk *walk, struct fault *fault)
{
    int64_t at = walk->position + (int64_t)walk->head_size;

    for (;;) {
        at = (at + 3) & ~(int64_t)3;
        if (!read_stream(walk, at, fault) || !take_stream(walk, fault))
            return false;
        at = walk->data + walk->length;
        if (strcmp(walk->stream, "SPAD") == 0)
            break;
    }
    walk->position = at;
    return true;
}

static bool walk_block(struct walk *walk, struct fault *fault)
{
    struct bak_set *set;

    if (!read_block(walk, fault))
        return false;
    if (strcmp(walk->type, "SFMB") == 0) {
        walk->position += (int64_t)walk->head_size;
        return true;
    }
    if (!take_block(walk, fault) || !walk_streams(walk, fault))
        return false;
    set = current_set(walk);
    if (set && strcmp(walk->type, "ESET") == 0)
        set->whole = set->has_final;
    return true;
}

static bool refuse_other_files(const struct bak_file *file, struct fault *fault)
{
    const char *name = bak_file_name(file);
    uint8_t start[8] = {0};
    int64_t size = bak_file_size(file);

    if (size == 0)
        return fault_set(fault, FAULT_BAD_INPUT, "%s is empty: copy the backup again", name);
    if (!bak_file_read(file, 0, start, (size_t)(size < 8 ? size : 8), fault))
        return false;
    if (memcmp(start, "MSSQLBAK", 8) == 0)
        return fault_set(
            fault, FAULT_BAD_INPUT,
            "%s is a compressed or encrypted backup, which only SQL Server can read. Make the backup again "
            "without: in Management Studio, Back Up, Media/Backup Options: \"Do not compress backup\" and no "
            "encryption (WITH NO_COMPRESSION)",
            name);
    if (memcmp(start, "PK\3\4", 4) == 0)
        return fault_set(fault, FAULT_BAD_INPUT, "%s is a zip: unpack it first", name);
    if (memcmp(start, "TAPE", 4) != 0)
        return fault_set(fault, FAULT_BAD_INPUT, "%s is not a backup of SQL Server: it does not begin like one", name);
    return true;
}

/* The end of a file that is whole: after a set. */
static void judge_end(struct bak_container *container)
{
    const struct bak_set *last = container->set_count ? &container->sets[container->set_count - 1] : NULL;
    int64_t size = bak_file_size(container->file);

    if (container->damage || (last && last->whole))
        return;
    container->damage = x_sprintf(
        "%s is cut off: it ends at byte %" PRId64 ", before the end of %s. Copy the backup again from where it "
        "was made",
        bak_file_name(container->file), size, last ? "its backup set" : "its first backup set");
}

bool bak_container_open(const struct bak_file *file, struct bak_container **ret, struct fault *fault)
{
    scoped(bak_container_close) struct bak_container *container = x_alloc(sizeof *container);
    struct walk walk = {.container = container};
    struct fault found = {0};
    bool good = true;

    container->file = file;
    if (!refuse_other_files(file, fault))
        return false;
    walk.head = x_alloc_raw(HEAD_SIZE);
    good = walk_block(&walk, &found);
    if (good && container->media.software) {
        while (good && walk.position < bak_file_size(file))
            good = walk_block(&walk, &found);
    }
    free(walk.head);
    if (!good && (found.kind != FAULT_BAD_INPUT || container->set_count == 0)) {
        *fault = found;
        return false;
    }
    if (!good)
        container->damage = x_strdup(found.text);
    judge_end(container);
    *ret = steal(container);
    return true;
}

void bak_container_close(struct bak_container **container)
{
    if (!*container)
        return;
    for (size_t i = 0; i < (*container)->set_count; i++)
        bak_set_release(&(*container)->sets[i]);
    free((*container)->sets);
    string_free(&(*container)->media.software);
    string_free(&(*container)->damage);
    free(*container);
    *container = NULL;
}

const struct bak_file *bak_container_file(const struct bak_container *container)
{
    return container->file;
}

const struct bak_media *bak_container_media(const struct bak_container *container)
{
    return &container->media;
}

size_t bak_container_set_count(const struct bak_container *container)
{
    return container->set_count;
}

const struct bak_set *bak_container_set(const struct bak_container *container, size_t set)
{
    return &container->sets[set];
}

size_t bak_container_unknown_count(const struct bak_container *container)
{
    return container->unknown_count;
}

const struct bak_unknown *bak_container_unknown(const struct bak_container *container, size_t unknown)
{
    return &container->unknown[unknown];
}

const char *bak_container_damage(const struct bak_container *container)
{
    return container->damage;
}
