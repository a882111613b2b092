/*
 * Numbers of a backup: little-endian and unaligned unless the name says otherwise. The caller has checked the bounds.
 * "Format, …" in the comments of this folder names a section of the backup format reference.
 */
#ifndef SOURCE_BAK_ENDIAN_H
#define SOURCE_BAK_ENDIAN_H

#include <stdint.h>

static inline uint16_t bak_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t bak_u32(const uint8_t *at)
{
    return (uint32_t)bak_u16(at) | (uint32_t)bak_u16(at + 2) << 16;
}

static inline uint64_t bak_u64(const uint8_t *at)
{
    return (uint64_t)bak_u32(at) | (uint64_t)bak_u32(at + 4) << 32;
}

static inline int16_t bak_i16(const uint8_t *at)
{
    return (int16_t)bak_u16(at);
}

static inline int32_t bak_i32(const uint8_t *at)
{
    return (int32_t)bak_u32(at);
}

static inline int64_t bak_i64(const uint8_t *at)
{
    return (int64_t)bak_u64(at);
}

static inline uint64_t bak_u40_big(const uint8_t *at) /* dates of the container are big-endian */
{
    return (uint64_t)at[0] << 32 | (uint64_t)at[1] << 24 | (uint64_t)at[2] << 16 | (uint64_t)at[3] << 8 | at[4];
}

#endif
