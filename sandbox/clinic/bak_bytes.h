/* Little-endian numbers in unaligned places, for the writer of sample backups. */
#ifndef SANDBOX_CLINIC_BAK_BYTES_H
#define SANDBOX_CLINIC_BAK_BYTES_H

#include <stddef.h>
#include <stdint.h>

/* The low `size` bytes of the value. */
static inline void mdf_put(uint8_t *at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        at[i] = (uint8_t)(value >> 8 * i);
    }
}

static inline void mdf_put_u16(uint8_t *at, unsigned value)
{
    mdf_put(at, value, 2);
}

static inline void mdf_put_u32(uint8_t *at, uint32_t value)
{
    mdf_put(at, value, 4);
}

static inline void mdf_put_u64(uint8_t *at, uint64_t value)
{
    mdf_put(at, value, 8);
}

static inline unsigned mdf_get_u16(const uint8_t *at)
{
    return at[0] | (unsigned)at[1] << 8;
}

/* A page of the one data file, number 1: u32 page, u16 file. Page 0 writes "none". */
static inline void mdf_put_place(uint8_t *at, uint32_t page)
{
    mdf_put_u32(at, page);
    mdf_put_u16(at + 4, page != 0);
}

/* A row or a piece of a large value: its page and slot. */
struct mdf_address {
    uint32_t page;
    uint16_t slot;
};

static inline void mdf_put_address(uint8_t *at, struct mdf_address address)
{
    mdf_put_place(at, address.page);
    mdf_put_u16(at + 6, address.slot);
}

#endif
