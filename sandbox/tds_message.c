#include "sandbox/tds_message.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sandbox/tds_type.h"

enum {
    OPTION_SIZE = 5,
    OPTION_VERSION = 0,
    OPTION_ENCRYPTION = 1,
    OPTION_MARS = 4,
    OPTION_END = 0xFF,
    LOGIN_FIXED_SIZE = 36 + 58, /* up to and with the offsets of all parts */
    READ_ONLY_INTENT = 0x20,
    UTF8_MOST = 3, /* bytes for one unit of UTF-16 */
};

static unsigned u16(const uint8_t *at)
{
    return (unsigned)(at[0] | at[1] << 8);
}

static uint32_t u32(const uint8_t *at)
{
    return u16(at) | (uint32_t)u16(at + 2) << 16;
}

static unsigned u16_big(const uint8_t *at)
{
    return (unsigned)(at[0] << 8 | at[1]);
}

bool tds_packet_read(const uint8_t header[TDS_HEADER_SIZE], struct tds_packet *ret)
{
    *ret =
        (struct tds_packet){.type = header[0], .last = (header[1] & TDS_STATUS_LAST) != 0, .size = u16_big(header + 2)};
    return ret->size >= TDS_HEADER_SIZE;
}

bool tds_prelogin_read(struct slice message, uint8_t *ret_encryption, struct fault *fault)
{
    const uint8_t *data = (const uint8_t *)message.data;

    *ret_encryption = TDS_ENCRYPT_NOT_SUPPORTED;
    for (size_t at = 0; at < message.size && data[at] != OPTION_END; at += OPTION_SIZE) {
        size_t start = 0;
        size_t size = 0;

        if (message.size - at < OPTION_SIZE)
            return fault_set(fault, FAULT_BAD_INPUT, "a PRELOGIN option is cut");
        start = u16_big(data + at + 1);
        size = u16_big(data + at + 3);
        if (start > message.size || size > message.size - start)
            return fault_set(fault, FAULT_BAD_INPUT, "a PRELOGIN option lies outside its message");
        if (data[at] == OPTION_ENCRYPTION && size)
            *ret_encryption = data[start];
    }
    return true;
}

void tds_prelogin_put(enum tds_encryption encryption, struct text *out)
{
    const unsigned char answer[] = {
        OPTION_VERSION,
        0,
        16,
        0,
        6,
        OPTION_ENCRYPTION,
        0,
        22,
        0,
        1,
        OPTION_MARS,
        0,
        23,
        0,
        1,
        OPTION_END,
        15,
        0,
        0x10,
        0x57,
        0,
        0, /* 15.0.4183 */
        (unsigned char)encryption,
        0, /* no MARS */
    };

    text_put(out, (const char *)answer, sizeof answer);
}

static unsigned unit_at(const uint8_t *data, size_t units, size_t at)
{
    return at < units ? u16(data + 2 * at) : 0;
}

/* UTF-16LE to UTF-8; half a pair becomes U+FFFD. */
static char *utf8_of(const uint8_t *data, size_t units)
{
    struct text out;

    text_init(&out, units * UTF8_MOST + 1);
    for (size_t i = 0; i < units; i++) {
        unsigned unit = unit_at(data, units, i);
        unsigned next = unit_at(data, units, i + 1);

        if (unit >= 0xD800 && unit < 0xDC00 && next >= 0xDC00 && next < 0xE000) {
            unit = 0x10000 + ((unit - 0xD800) << 10 | (next - 0xDC00));
            i++;
        }
        text_put_codepoint(&out, unit);
    }
    return text_take(&out);
}

/* A part of LOGIN7, whose place stands at `where`; the password is scrambled byte by byte. */
static bool read_part(struct slice message, size_t where, bool scrambled, char **ret, struct fault *fault)
{
    const uint8_t *data = (const uint8_t *)message.data;
    size_t start = u16(data + where);
    size_t units = u16(data + where + 2);
    uint8_t *plain = NULL;

    if (start > message.size || units * 2 > message.size - start)
        return fault_set(fault, FAULT_BAD_INPUT, "a part of LOGIN7 lies outside its message");
    plain = x_alloc(units * 2 + 1);
    for (size_t i = 0; i < units * 2; i++) {
        uint8_t byte = data[start + i];

        if (scrambled) {
            byte ^= 0xA5;
            byte = (uint8_t)(byte << 4 | byte >> 4);
        }
        plain[i] = byte;
    }
    *ret = utf8_of(plain, units);
    free(plain);
    return true;
}

bool tds_login_read(struct slice message, struct tds_login *ret, struct fault *fault)
{
    const uint8_t *data = (const uint8_t *)message.data;

    *ret = (struct tds_login){0};
    if (message.size < LOGIN_FIXED_SIZE || u32(data) > message.size)
        return fault_set(fault, FAULT_BAD_INPUT, "LOGIN7 is cut");
    ret->version = u32(data + 4);
    ret->packet_size = u32(data + 8);
    ret->read_only = (data[26] & READ_ONLY_INTENT) != 0;
    if (read_part(message, 40, false, &ret->user, fault) && read_part(message, 44, true, &ret->password, fault) &&
        read_part(message, 48, false, &ret->application, fault) && read_part(message, 68, false, &ret->database, fault))
        return true;
    tds_login_release(ret);
    return false;
}

void tds_login_release(struct tds_login *login)
{
    free(login->user);
    free(login->password);
    free(login->database);
    free(login->application);
    *login = (struct tds_login){0};
}

bool tds_batch_read(struct slice message, bool has_headers, char **ret, struct fault *fault)
{
    const uint8_t *data = (const uint8_t *)message.data;
    size_t headers = has_headers && message.size >= 4 ? u32(data) : 0;

    if ((has_headers && headers < 4) || headers > message.size || (message.size - headers) % 2)
        return fault_set(fault, FAULT_BAD_INPUT, "a batch is cut");
    *ret = utf8_of(data + headers, (message.size - headers) / 2);
    return true;
}
