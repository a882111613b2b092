/*
 * One 8 KB page of a sample database: header, records, slots, checksum. This and the other files bak*.c write what SQL
 * Server's own backups hold (the real ones that the tests have are the model), for tests, the demo and size benchmarks
 * only. They know nothing of the reader in source/bak and share no line with it, so that each tests the other.
 */
#ifndef SANDBOX_CLINIC_BAK_PAGE_H
#define SANDBOX_CLINIC_BAK_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MDF_PAGE_SIZE = 8192,
    MDF_PAGE_HEAD = 96,
    MDF_EXTENT_PAGES = 8,
    MDF_RECORD_MAX = 8060,
};

enum mdf_page_type {
    MDF_PAGE_DATA = 1,
    MDF_PAGE_INDEX = 2,
    MDF_PAGE_TEXT = 3,
    MDF_PAGE_TEXT_TREE = 4,
    MDF_PAGE_GAM = 8,
    MDF_PAGE_SGAM = 9,
    MDF_PAGE_IAM = 10,
    MDF_PAGE_PFS = 11,
    MDF_PAGE_BOOT = 13,
    MDF_PAGE_FILE_HEADER = 15,
    MDF_PAGE_DIFFERENTIAL = 16,
    MDF_PAGE_BULK_LOGGED = 17,
    MDF_PAGE_FILLER = 0x65,
};

struct mdf_page {
    uint32_t number;
    unsigned slots;
    unsigned end;          /* of the records */
    unsigned record_bytes; /* of the records that count as used */
    unsigned ghosts;
    uint8_t bytes[MDF_PAGE_SIZE];
};

/* An empty page of an allocation unit, or of the system (unit 99 << 16). */
void mdf_page_init(struct mdf_page *page, enum mdf_page_type type, unsigned level, uint64_t unit, uint32_t number);

/* Whether a record of that size and its slot fit. */
bool mdf_page_fits(const struct mdf_page *page, size_t size);

/* Puts a record behind the others; gives its slot. It must fit. */
unsigned mdf_page_add(struct mdf_page *page, const uint8_t *record, size_t size);

/* A slot whose row was deleted from a heap. */
void mdf_page_add_free_slot(struct mdf_page *page);

void mdf_page_link(struct mdf_page *page, uint32_t previous, uint32_t next); /* 0: none */

/* The shortest that a record may be, as the header says it. */
void mdf_page_shortest(struct mdf_page *page, unsigned size);

/* Completes header, LSN and checksum; again after each change. */
void mdf_page_seal(struct mdf_page *page);

/* XOR of each sector's words, turned left by the sectors that follow it, and of these XOR again; without the field that
 * holds it. */
uint32_t mdf_page_checksum(const uint8_t bytes[MDF_PAGE_SIZE]);

/* The log position that page headers carry, before that of the backup. */
enum { MDF_LSN_FILE = 49, MDF_LSN_CHECKPOINT_BLOCK = 80, MDF_LSN_END_BLOCK = 112 };

#endif
