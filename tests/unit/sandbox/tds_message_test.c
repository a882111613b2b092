/* What clients of the stand-in SQL Server send, and what it refuses. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sandbox/tds_message.h"
#include "sandbox/tds_sql.h"

enum { SEED_MOST = 4096 };

/* A seed of the fuzz target, without the byte that says what it is. */
static size_t read_seed(const char *name, char *ret)
{
    scoped(string_free) char *path = x_sprintf("%s/tests/fuzz/seeds/sandbox_tds/%s", PROJECT_DIR, name);
    scoped(file_close) FILE *file = fopen(path, "rb");
    size_t size = 0;

    cr_assert_not_null(file, "%s", path);
    size = fread(ret, 1, SEED_MOST, file);
    memmove(ret, ret + 1, size - 1);
    return size - 1;
}

Test(tds_message, a_login_is_read)
{
    char seed[SEED_MOST];
    size_t size = read_seed("login", seed);
    struct tds_login login = {0};
    struct fault fault = {0};

    cr_assert(tds_login_read((struct slice){seed, size}, &login, &fault), "%s", fault.text);
    cr_expect_str_eq(login.user, "reader");
    cr_expect_str_eq(login.password, "secret");
    cr_expect_str_eq(login.database, "FD");
    cr_expect_str_eq(login.application, "app");
    cr_expect_eq(login.version, 0x74000004);
    cr_expect_eq(login.packet_size, 4096);
    cr_expect(login.read_only);
    tds_login_release(&login);
}

/* Each copy has the size of its message, so that the sanitizer sees a read beyond it. */
Test(tds_message, a_message_that_is_cut_is_refused_at_every_byte)
{
    char seed[SEED_MOST];
    size_t size = read_seed("login", seed);

    for (size_t cut = 0; cut < size; cut++) {
        scoped(string_free) char *copy = x_alloc_raw(cut ? cut : 1);
        scoped(string_free) char *text = NULL;
        struct tds_login login = {0};
        struct fault fault = {0};
        uint8_t encryption = 0;

        memcpy(copy, seed, cut);
        cr_expect(!tds_login_read((struct slice){copy, cut}, &login, &fault), "%zu bytes are a login", cut);
        (void)!tds_prelogin_read((struct slice){copy, cut}, &encryption, &fault);
        (void)!tds_batch_read((struct slice){copy, cut}, true, &text, &fault);
    }
}

Test(tds_message, a_packet_is_not_smaller_than_its_header)
{
    struct tds_packet packet;

    cr_expect(tds_packet_read((const uint8_t[TDS_HEADER_SIZE]){1, 1, 0, 8, 0, 0, 1, 0}, &packet));
    cr_expect(packet.last && packet.type == TDS_MESSAGE_BATCH && packet.size == 8);
    cr_expect(tds_packet_read((const uint8_t[TDS_HEADER_SIZE]){18, 0, 0x10, 0, 0, 0, 1, 0}, &packet));
    cr_expect(!packet.last && packet.size == 4096);
    cr_expect(!tds_packet_read((const uint8_t[TDS_HEADER_SIZE]){1, 1, 0, 7, 0, 0, 1, 0}, &packet));
}

Test(tds_message, statements_are_read)
{
    static const struct {
        const char *text;
        size_t statements;
        size_t columns; /* of the last one */
    } cases[] = {
        {"", 0, 0},
        {" ; ;", 0, 0},
        {"SELECT 1", 1, 1},
        {"select [a]]b], N'O''Neil', -5 from dbo.[T] where x = 1 and (y is null or z in (1, 2)) order by x desc", 1, 3},
        {"set textsize 5 set quoted_identifier on select *, count(*) from T", 3, 2},
        {"USE FD; SELECT CAST(x AS decimal(5, 2)), CASE WHEN a < 1 THEN 2 ELSE 3 END AS t FROM T -- end", 2, 2},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct tds_batch batch = {0};
        struct fault fault = {0};

        cr_assert(tds_batch_parse(cases[i].text, &batch, &fault), "%s: %s", cases[i].text, fault.text);
        cr_expect_eq(batch.count, cases[i].statements, "%s: %zu", cases[i].text, batch.count);
        if (batch.count)
            cr_expect_eq(batch.statements[batch.count - 1].column_count, cases[i].columns, "%s", cases[i].text);
        tds_batch_release(&batch);
    }
}

/* Nothing that writes is taken, and nothing makes the parser go deep. */
Test(tds_message, other_statements_are_refused)
{
    static const char *const texts[] = {
        "DELETE FROM Patient",
        "SELECT 1; DROP TABLE Patient",
        "SELECT 1 INSERT INTO T VALUES (1)",
        "EXEC sp_who",
        "SELECT",
        "SELECT 1,",
        "SELECT a FROM",
        "SELECT a FROM T WHERE",
        "SELECT a FROM T WHERE x = 'open",
        "SELECT [open FROM T",
        "SELECT CAST(1 AS nonsense)",
        "SELECT CAST(1 AS decimal(50))",
        "SELECT CASE END",
        "SELECT ((((((((((((((((((((((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))",
    };

    for (size_t i = 0; i < array_length(texts); i++) {
        struct tds_batch batch = {0};
        struct fault fault = {0};

        cr_expect(!tds_batch_parse(texts[i], &batch, &fault), "%s is taken", texts[i]);
        cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
    }
}
