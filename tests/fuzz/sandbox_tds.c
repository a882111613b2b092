/* What a client of the stand-in SQL Server may send: the first byte says what the rest is. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sandbox/tds_message.h"
#include "sandbox/tds_sql.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse_statements(const char *text)
{
    struct tds_batch batch = {0};
    struct fault fault = {0};

    if (tds_batch_parse(text, &batch, &fault))
        tds_batch_release(&batch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A copy of its own, so that a read beyond the message is seen. */
    scoped(string_free) char *copy = size > 1 ? x_strndup((const char *)data + 1, size - 1) : NULL;
    scoped(string_free) char *exact = size > 1 ? x_alloc_raw(size - 1) : NULL;
    scoped(string_free) char *text = NULL;
    struct slice message = {exact, size - 1};
    struct tds_login login = {0};
    struct fault fault = {0};
    uint8_t encryption = 0;

    if (size < 2)
        return 0;
    memcpy(exact, data + 1, size - 1);
    switch (data[0] % 5) {
    case 0:
        (void)!tds_prelogin_read(message, &encryption, &fault);
        break;
    case 1:
        if (tds_login_read(message, &login, &fault))
            tds_login_release(&login);
        break;
    case 2:
        if (tds_batch_read(message, true, &text, &fault))
            parse_statements(text);
        break;
    case 3:
        if (tds_batch_read(message, false, &text, &fault))
            parse_statements(text);
        break;
    default:
        parse_statements(copy);
        break;
    }
    return 0;
}
