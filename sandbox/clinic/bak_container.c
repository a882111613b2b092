#include "sandbox/clinic/bak_container.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/must.h"
#include "base/text.h"
#include "sandbox/clinic/bak_bytes.h"
#include "sandbox/clinic/bak_page.h"

enum {
    BLOCK = 1024, /* blocks begin at multiples of it */
    SECTOR = 512,
    BLOCK_CHECKSUM = 50,
    STREAM_HEAD = 22,
    STREAM_CHECKSUM = 20,
    PAGES_ALIGNMENT = 4096,
    PAGE_PREFIX = 2,
    LOG_BYTES = 65536,
    FILLER_EXTENTS = 4, /* the stream is a multiple of so many */
    VARIABLE = 0x0002,
    LAST_OF_VARIABLE = 0x0004,
    PADDING = 0x0080,
    SCIN_SIZE = 0x190,
    SFGI_SIZE = 0xE0,
    SFIN_SIZE = 0x4B0,
    COLLATION_SORT_ORDER = 0x34,
    BUILD = 2000,
    MAJOR = 12,
    CAP = 1 << 20,
};

static const uint8_t set_id[16] = {0x48, 0x61, 0x72, 0x62, 0x6F, 0x75, 0x72, 0x50,
                                   0x68, 0x79, 0x73, 0x69, 0x6F, 0x2E, 0x46, 0x44};

/* The file so far, from `base` on. */
struct mtf {
    struct text bytes;
    int64_t base;
    size_t block;  /* where the block at hand begins */
    size_t stream; /* where the stream at hand does */
    int64_t set;   /* offset of SSET in the file */
    uint32_t control;
};

static uint8_t *at(struct mtf *mtf, size_t offset)
{
    must(offset < mtf->bytes.size);
    return (uint8_t *)mtf->bytes.data + offset;
}

static void put_zeros(struct mtf *mtf, size_t count)
{
    static const char zeros[BLOCK];

    for (; count > 0; count -= count < BLOCK ? count : BLOCK) {
        text_put(&mtf->bytes, zeros, count < BLOCK ? count : BLOCK);
    }
}

static unsigned xor_words(const uint8_t *from, size_t words)
{
    unsigned sum = 0;

    for (size_t i = 0; i < words; i++) {
        sum ^= mdf_get_u16(from + 2 * i);
    }
    return sum;
}

/* A block of which `size` bytes come before its first stream. */
static void begin_block(struct mtf *mtf, const char *type, size_t size)
{
    uint8_t *head;

    mtf->block = mtf->bytes.size;
    put_zeros(mtf, size);
    head = at(mtf, mtf->block);
    memcpy(head, type, 4);
    mdf_put_u16(head + 8, (unsigned)size);
    head[10] = 14;
    head[11] = 1;
    if (mtf->set >= 0) {
        mdf_put_u64(head + 20, (uint64_t)(mtf->base + (int64_t)mtf->block - mtf->set) / BLOCK);
        mdf_put_u32(head + 36, mtf->control++);
    }
    head[48] = 2;
}

static void put_checksum(struct mtf *mtf)
{
    uint8_t *head = at(mtf, mtf->block);

    mdf_put_u16(head + BLOCK_CHECKSUM, xor_words(head, BLOCK_CHECKSUM / 2));
}

static void put_time(uint8_t *to, int64_t seconds)
{
    int64_t days = seconds / 86400;
    int64_t of_day = seconds % 86400;
    int64_t year;
    unsigned month;
    unsigned day;
    uint64_t bits;

    must(seconds >= 0);
    date_from_days(days, &year, &month, &day);
    bits = (uint64_t)year << 26 | (uint64_t)month << 22 | (uint64_t)day << 17 | (uint64_t)(of_day / 3600) << 12 |
           (uint64_t)(of_day / 60 % 60) << 6 | (uint64_t)(of_day % 60);
    for (size_t i = 0; i < 5; i++) {
        to[i] = (uint8_t)(bits >> (32 - 8 * i));
    }
}

static void put_wide(struct mtf *mtf, const char *ascii)
{
    for (; *ascii != '\0'; ascii++) {
        text_putc(&mtf->bytes, *ascii);
        text_putc(&mtf->bytes, '\0');
    }
}

/* Appends the text and writes its address (size, offset from `base`) at base + address. */
static void put_text(struct mtf *mtf, size_t base, size_t address, const char *ascii)
{
    size_t offset = mtf->bytes.size - base;

    put_wide(mtf, ascii);
    mdf_put_u16(at(mtf, base + address), (unsigned)(2 * strlen(ascii)));
    mdf_put_u16(at(mtf, base + address + 2), (unsigned)offset);
}

/* The block's texts are complete: its first stream comes next. */
static void end_head(struct mtf *mtf)
{
    put_zeros(mtf, (4 - mtf->bytes.size % 4) % 4);
    mdf_put_u16(at(mtf, mtf->block + 8), (unsigned)(mtf->bytes.size - mtf->block));
    put_checksum(mtf);
}

static void begin_stream(struct mtf *mtf, const char *id, unsigned attributes)
{
    put_zeros(mtf, (4 - mtf->bytes.size % 4) % 4);
    mtf->stream = mtf->bytes.size;
    put_zeros(mtf, STREAM_HEAD);
    memcpy(at(mtf, mtf->stream), id, 4);
    mdf_put_u16(at(mtf, mtf->stream) + 6, attributes);
}

static void end_stream(struct mtf *mtf, uint64_t length)
{
    uint8_t *head = at(mtf, mtf->stream);

    mdf_put_u64(head + 8, length);
    mdf_put_u16(head + STREAM_CHECKSUM, xor_words(head, STREAM_CHECKSUM / 2));
}

static void end_stream_here(struct mtf *mtf)
{
    end_stream(mtf, mtf->bytes.size - mtf->stream - STREAM_HEAD);
}

/* A stream of nothing until the next multiple of `alignment` less `before` bytes in the file. */
static void pad(struct mtf *mtf, const char *id, unsigned attributes, size_t alignment, size_t before)
{
    size_t end;

    begin_stream(mtf, id, attributes);
    end = (size_t)((mtf->base + (int64_t)mtf->bytes.size + (int64_t)before) % (int64_t)alignment);
    put_zeros(mtf, end > 0 ? alignment - end : 0);
    end_stream_here(mtf);
}

static void end_block(struct mtf *mtf)
{
    pad(mtf, "SPAD", 0, BLOCK, 0);
}

static void put_filemark(struct mtf *mtf)
{
    begin_block(mtf, "SFMB", BLOCK);
    mdf_put_u32(at(mtf, mtf->block) + 4, 0x80000000);
    put_checksum(mtf);
}

static void put_tape(struct mtf *mtf, const struct mtf_facts *facts)
{
    uint8_t *head;

    begin_block(mtf, "TAPE", 94);
    head = at(mtf, mtf->block);
    mdf_put_u16(head + 4, 0);
    mdf_put_u16(head + 6, 3);
    mdf_put_u32(head + 52, 0x46446D62);
    mdf_put_u16(head + 60, 1);
    mdf_put_u16(head + 64, BLOCK / SECTOR);
    mdf_put_u16(head + 66, 3);
    mdf_put_u16(head + 84, BLOCK);
    mdf_put_u16(head + 86, 0x1200);
    put_time(head + 88, facts->started);
    head[93] = 1;
    put_text(mtf, mtf->block, 80, "Microsoft SQL Server");
    end_head(mtf);
    begin_stream(mtf, "RAID", 0);
    text_put(&mtf->bytes, (const char *)set_id, sizeof(set_id));
    put_zeros(mtf, 16);
    head = at(mtf, mtf->stream) + STREAM_HEAD;
    mdf_put_u16(head + 16, 0xAD);
    mdf_put_u16(head + 18, 0xF000);
    mdf_put_u16(head + 20, 1);
    mdf_put_u16(head + 22, 1);
    mdf_put_u16(head + 24, 1);
    mdf_put_u16(head + 30, 1);
    end_stream_here(mtf);
    end_block(mtf);
    put_filemark(mtf);
}

static void put_set(struct mtf *mtf, const struct mtf_facts *facts)
{
    uint8_t *head;

    mtf->set = mtf->base + (int64_t)mtf->bytes.size;
    begin_block(mtf, "SSET", 98);
    head = at(mtf, mtf->block);
    mdf_put_u32(head + 52, 4);
    mdf_put_u16(head + 60, 0x1200);
    mdf_put_u16(head + 62, 1);
    mdf_put_u64(head + 80, (uint64_t)mtf->set);
    put_time(head + 88, facts->started);
    put_text(mtf, mtf->block, 64, facts->set_name);
    put_text(mtf, mtf->block, 76, facts->user);
    end_head(mtf);
    end_block(mtf);
    begin_block(mtf, "VOLB", 73);
    put_time(at(mtf, mtf->block) + 68, facts->started);
    put_text(mtf, mtf->block, 56, "D:");
    put_text(mtf, mtf->block, 64, facts->server);
    end_head(mtf);
    end_block(mtf);
}

/* ---- facts ---- */

static void put_lsn(uint8_t *to, unsigned block, unsigned record)
{
    mdf_put_u32(to, MDF_LSN_FILE);
    mdf_put_u32(to + 4, block);
    mdf_put_u16(to + 8, record);
}

static size_t begin_record(struct mtf *mtf, const char *tag, size_t size)
{
    size_t record = mtf->bytes.size;

    put_zeros(mtf, size);
    memcpy(at(mtf, record), tag, 4);
    return record;
}

static void end_record(struct mtf *mtf, size_t record)
{
    mdf_put_u32(at(mtf, record) + 4, (uint32_t)(mtf->bytes.size - record));
}

static void put_scin(struct mtf *mtf, const struct mtf_facts *facts, bool final)
{
    size_t record = begin_record(mtf, "SCIN", SCIN_SIZE);
    uint8_t *to = at(mtf, record);

    mdf_put_u16(to + 0x18, BUILD);
    to[0x1B] = MAJOR;
    put_lsn(to + 0x20, MDF_LSN_CHECKPOINT_BLOCK, 1);
    put_lsn(to + 0x2A, MDF_LSN_END_BLOCK, 1);
    put_lsn(to + 0x34, MDF_LSN_CHECKPOINT_BLOCK, 1);
    put_time(to + 0x48, facts->created);
    put_time(to + 0x4D, facts->started);
    if (final) {
        put_time(to + 0x52, facts->finished);
    }
    to[0x57] = 'D';
    to[0x58] = COLLATION_SORT_ORDER;
    to[0x5B] = MTF_COMPATIBILITY;
    mdf_put_u16(to + 0x5C, 7);
    mdf_put_u16(to + 0x5E, MTF_DATABASE_VERSION);
    mdf_put_u64(to + 0x60, (uint64_t)facts->allocated_pages * MDF_PAGE_SIZE);
    put_text(mtf, record, 0x68, facts->database);
    put_text(mtf, record, 0x6C, facts->server);
    end_record(mtf, record);
}

static void put_sfgi(struct mtf *mtf)
{
    size_t record = begin_record(mtf, "SFGI", SFGI_SIZE);

    mdf_put_u32(at(mtf, record) + 0x08, 16);
    mdf_put_u32(at(mtf, record) + 0x0C, 1);
    put_text(mtf, record, 0x10, "PRIMARY");
    end_record(mtf, record);
}

static void put_sfin(struct mtf *mtf, const struct mtf_facts *facts, bool is_log)
{
    size_t record = begin_record(mtf, "SFIN", SFIN_SIZE);
    uint8_t *to = at(mtf, record);

    mdf_put_u32(to + 0x10, MDF_PAGE_SIZE);
    mdf_put_u32(to + 0x14, is_log ? 2 : 1);
    mdf_put_u32(to + 0x18, is_log ? 0 : (uint32_t)facts->allocated_pages);
    mdf_put_u32(to + 0x1C, is_log ? 2 : 1);
    mdf_put_u32(to + 0x20, SECTOR);
    mdf_put_u32(to + 0x24, is_log ? 0 : 1);
    mdf_put_u64(to + 0x28, is_log ? 1 << 20 : (uint64_t)facts->file_pages * MDF_PAGE_SIZE);
    put_text(mtf, record, 0x30, is_log ? facts->log_name : facts->data_name);
    put_text(mtf, record, 0x34, is_log ? facts->log_path : facts->data_path);
    end_record(mtf, record);
}

static void put_facts(struct mtf *mtf, const struct mtf_facts *facts, bool final)
{
    begin_block(mtf, final ? "MSLS" : "MSCI", 56);
    put_checksum(mtf);
    begin_stream(mtf, "MQCI", 0);
    put_scin(mtf, facts, final);
    put_sfgi(mtf);
    put_sfin(mtf, facts, false);
    put_sfin(mtf, facts, true);
    end_stream_here(mtf);
    end_block(mtf);
}

/* ---- log ---- */

static size_t put_log_record(uint8_t *block, size_t at_byte, unsigned operation)
{
    enum { LOG_RECORD_SIZE = 96, LOG_RECORD_FIXED = 88 };

    mdf_put_u16(block + at_byte + 2, LOG_RECORD_FIXED);
    block[at_byte + 0x16] = (uint8_t)operation;
    return at_byte + LOG_RECORD_SIZE;
}

/* One block: a checkpoint begins and ends, and nobody works. */
static void put_log_block(struct mtf *mtf)
{
    enum { BEGIN_CHECKPOINT = 0x96, END_CHECKPOINT = 0x99, LOG_HEAD = 48 };
    uint8_t block[SECTOR] = {0x50};
    size_t second = put_log_record(block, LOG_HEAD, BEGIN_CHECKPOINT);
    size_t end = put_log_record(block, second, END_CHECKPOINT) + 4;

    mdf_put_u16(block + 2, 2);
    mdf_put_u16(block + 4, (unsigned)end);
    mdf_put_u16(block + 6, SECTOR);
    put_lsn(block + 12, MDF_LSN_CHECKPOINT_BLOCK, 1);
    mdf_put_u16(block + end - 2, LOG_HEAD);
    mdf_put_u16(block + end - 4, (unsigned)second);
    text_put(&mtf->bytes, (const char *)block, sizeof(block));
    put_zeros(mtf, LOG_BYTES - sizeof(block));
}

static void put_log(struct mtf *mtf)
{
    uint8_t *head;

    begin_block(mtf, "MSTL", 596);
    head = at(mtf, mtf->block);
    head[48] = 0;
    mdf_put_u64(head + 60, (uint64_t)MDF_LSN_CHECKPOINT_BLOCK * SECTOR);
    mdf_put_u64(head + 68, (uint64_t)MDF_LSN_CHECKPOINT_BLOCK * SECTOR + LOG_BYTES);
    mdf_put_u32(head + 76, 2);
    put_checksum(mtf);
    pad(mtf, "APAD", PADDING, SECTOR, STREAM_HEAD + PAGE_PREFIX);
    begin_stream(mtf, "MQTL", 0);
    put_zeros(mtf, PAGE_PREFIX);
    put_log_block(mtf);
    end_stream_here(mtf);
    end_block(mtf);
}

/* ---- the file ---- */

static void put_beginning(struct mtf *mtf, const struct mtf_facts *facts)
{
    put_tape(mtf, facts);
    put_set(mtf, facts);
    put_facts(mtf, facts, false);
    begin_block(mtf, "MSDA", 60);
    at(mtf, mtf->block)[48] = 0;
    mdf_put_u16(at(mtf, mtf->block) + 58, 1);
    put_checksum(mtf);
    pad(mtf, "APAD", PADDING, PAGES_ALIGNMENT, STREAM_HEAD + PAGE_PREFIX);
    begin_stream(mtf, "MQDA", VARIABLE);
    put_zeros(mtf, PAGE_PREFIX);
}

static int64_t stream_extents(const struct mtf_facts *facts)
{
    int64_t extents = facts->allocated_pages / MDF_EXTENT_PAGES;

    return (extents + FILLER_EXTENTS - 1) / FILLER_EXTENTS * FILLER_EXTENTS;
}

static void put_end(struct mtf *mtf, const struct mtf_facts *facts)
{
    begin_stream(mtf, "MQDA", VARIABLE | LAST_OF_VARIABLE);
    end_stream_here(mtf);
    end_block(mtf);
    put_log(mtf);
    put_facts(mtf, facts, true);
    put_filemark(mtf);
    for (int i = 0; i < 2; i++) {
        begin_block(mtf, "ESET", 88);
        at(mtf, mtf->block)[48] = 0;
        mdf_put_u32(at(mtf, mtf->block) + 52, 4);
        mdf_put_u16(at(mtf, mtf->block) + 78, 1);
        put_time(at(mtf, mtf->block) + 80, facts->finished);
        put_checksum(mtf);
        end_block(mtf);
    }
    put_filemark(mtf);
}

static void mtf_init(struct mtf *mtf, int64_t base)
{
    *mtf = (struct mtf){.base = base, .set = -1};
    text_init(&mtf->bytes, CAP);
}

static bool write_bytes(int descriptor, const struct mtf *mtf, struct fault *fault)
{
    must(!mtf->bytes.overflowed);
    if (pwrite(descriptor, mtf->bytes.data, mtf->bytes.size, (off_t)mtf->base) != (ssize_t)mtf->bytes.size) {
        return fault_errno(fault, FAULT_BAD_INPUT, "cannot write all of the backup; is the disk full?");
    }
    return true;
}

static bool write_fillers(int descriptor, const struct mtf_facts *facts, int64_t pages_at, struct fault *fault)
{
    struct mdf_page page;

    mdf_page_init(&page, MDF_PAGE_FILLER, 0, (uint64_t)99 << 16, 0);
    memset(page.bytes + 32, 0, 6); /* no page of any file */
    mdf_page_seal(&page);
    for (int64_t i = facts->allocated_pages; i < stream_extents(facts) * MDF_EXTENT_PAGES; i++) {
        if (pwrite(descriptor, page.bytes, sizeof(page.bytes), (off_t)(pages_at + i * MDF_PAGE_SIZE)) !=
            (ssize_t)sizeof(page.bytes)) {
            return fault_errno(fault, FAULT_BAD_INPUT, "cannot write all of the backup; is the disk full?");
        }
    }
    return true;
}

int64_t mtf_pages_offset(const struct mtf_facts *facts)
{
    struct mtf mtf;
    int64_t offset;

    mtf_init(&mtf, 0);
    put_beginning(&mtf, facts);
    offset = (int64_t)mtf.bytes.size;
    text_release(&mtf.bytes);
    must(offset % PAGES_ALIGNMENT == 0);
    return offset;
}

bool mtf_write(int descriptor, const struct mtf_facts *facts, struct fault *fault)
{
    int64_t page_bytes = stream_extents(facts) * MDF_EXTENT_PAGES * MDF_PAGE_SIZE;
    struct mtf mtf;
    int64_t set;
    int64_t pages_at;
    uint32_t control;
    bool good;

    mtf_init(&mtf, 0);
    put_beginning(&mtf, facts);
    end_stream(&mtf, (uint64_t)page_bytes + PAGE_PREFIX);
    pages_at = (int64_t)mtf.bytes.size;
    set = mtf.set;
    control = mtf.control;
    good = write_bytes(descriptor, &mtf, fault) && write_fillers(descriptor, facts, pages_at, fault);
    text_release(&mtf.bytes);
    if (!good) {
        return false;
    }
    mtf_init(&mtf, pages_at + page_bytes);
    mtf.set = set;
    mtf.control = control;
    put_end(&mtf, facts);
    good = write_bytes(descriptor, &mtf, fault);
    text_release(&mtf.bytes);
    return good;
}
