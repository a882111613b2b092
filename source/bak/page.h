/*
 * One page of a database: its place, its header, its slots. Format, section 4.
 */
#ifndef SOURCE_BAK_PAGE_H
#define SOURCE_BAK_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "source/bak/container.h"

enum {
    BAK_PAGE_HEADER_SIZE = 96,
    BAK_PAGE_SLOTS_MAX = (BAK_PAGE_SIZE - BAK_PAGE_HEADER_SIZE) / 2,
};

enum bak_page_type {
    BAK_PAGE_DATA = 1,
    BAK_PAGE_INDEX = 2,
    BAK_PAGE_TEXT = 3,      /* leaf of large values */
    BAK_PAGE_TEXT_TREE = 4, /* tree of large values; also small ones */
    BAK_PAGE_GAM = 8,
    BAK_PAGE_IAM = 10,
    BAK_PAGE_PFS = 11,
    BAK_PAGE_BOOT = 13,
    BAK_PAGE_FILE_HEADER = 15,
    BAK_PAGE_FILLER = 0x65, /* of the backup's own; no page of the database */
};

enum { BAK_PAGE_TORN_BITS = 0x100, BAK_PAGE_CHECKSUM = 0x200 };

/* A page pointer; 0:0 is none. */
struct bak_place {
    uint32_t page;
    uint16_t file;
};

/* A row pointer. */
struct bak_address {
    struct bak_place place;
    uint16_t slot;
};

/* 6 and 8 bytes. */
struct bak_place bak_place_at(const uint8_t *at);
struct bak_address bak_address_at(const uint8_t *at);
bool bak_place_is_none(struct bak_place place);
bool bak_place_equal(struct bak_place left, struct bak_place right);

struct bak_page_header {
    uint8_t version;
    uint8_t type;
    uint8_t level;
    uint16_t flags;
    uint16_t index_part; /* of the allocation unit's id */
    uint32_t object_part;
    struct bak_place previous;
    struct bak_place next;
    uint16_t slots;
    struct bak_place place;
    struct bak_lsn lsn; /* of the last change */
    uint32_t check;     /* torn bits or checksum */
};

enum bak_page_damage {
    BAK_PAGE_SOUND,
    BAK_PAGE_BAD_CHECKSUM, /* the bytes are not those that the server wrote */
    BAK_PAGE_TORN,         /* the sectors were not written together */
};

/* A page in the caller's memory. */
struct bak_page {
    uint8_t bytes[BAK_PAGE_SIZE]; /* torn-page bits are already put back */
    struct bak_page_header header;
    enum bak_page_damage damage;
};

/* Decodes the first BAK_PAGE_HEADER_SIZE bytes. */
void bak_page_header_decode(const uint8_t *bytes, struct bak_page_header *ret);

/* True when the header can be that of a page: version, type, and a place that is not 0:0. */
bool bak_page_header_is_plausible(const struct bak_page_header *header);

/* Decodes the header, checks checksum or torn bits as the page's flags say, and puts torn bits back. */
void bak_page_settle(struct bak_page *page);

/* The id of the page's allocation unit: index part << 48 | object part << 16. */
int64_t bak_page_unit(const struct bak_page_header *header);

/* True when the page belongs to the unit. Leaf pages of a clustered index that comes from SQL Server 2000 carry index
 * part 0 where the id says 1. */
bool bak_page_belongs(const struct bak_page_header *header, int64_t unit);

enum bak_slot {
    BAK_SLOT_RECORD,
    BAK_SLOT_FREE,    /* the offset is 0: heaps keep such slots */
    BAK_SLOT_OUTSIDE, /* there is no such slot, or its offset is not within the page's body */
};

/* The record of a slot: *ret borrowed from the page, *ret_room the bytes from there to the slot array (the record's own
 * length is not known yet). */
enum bak_slot bak_page_slot(const struct bak_page *page, unsigned slot, const uint8_t **ret, size_t *ret_room);

/* For messages: "page 1:313" in a buffer of this size. */
enum { BAK_PLACE_TEXT_SIZE = 24 };
const char *bak_place_text(struct bak_place place, char buffer[BAK_PLACE_TEXT_SIZE]);

#endif
