/* A sample backup as a file: its container, byte for byte the same for the same options, and gone when given up. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "sandbox/clinic/bak_bytes.h"
#include "sandbox/clinic/bak_clinic.h"
#include "sandbox/clinic/clinic.h"

TestSuite(bak_file, .timeout = 60);

static uint32_t get_u32(const uint8_t *at)
{
    return mdf_get_u16(at) | (uint32_t)mdf_get_u16(at + 2) << 16;
}

static void write_clinic(const char *path)
{
    scoped(mdf_clinic_destroy) struct mdf_clinic *clinic = NULL;
    struct clinic_options options = {.seed = 3, .patients = 5, .years = 1, .today = 20514};
    struct clinic_counts counts;
    struct fault fault = {0};

    cr_assert(mdf_clinic_create(path, options.today, &clinic, &fault), "%s", fault.text);
    sheet_redirect(&mdf_clinic_sink, clinic);
    cr_assert(clinic_write(&options, &counts, &fault), "%s", fault.text);
    sheet_redirect(NULL, NULL);
    cr_assert(mdf_clinic_finish(clinic, &fault), "%s", fault.text);
}

static char *read_all(const char *path, size_t *ret_size)
{
    enum { MOST = 32 * 1024 * 1024 };
    scoped(file_close) FILE *file = fopen(path, "rb");
    char *content = x_alloc(MOST);

    cr_assert_not_null(file);
    *ret_size = fread(content, 1, MOST, file);
    return content;
}

Test(bak_file, same_options_give_the_same_bytes)
{
    char one_path[] = "/tmp/bak-writer-XXXXXX";
    char other_path[] = "/tmp/bak-writer-XXXXXX";
    size_t one_size;
    size_t other_size;
    char *one;
    char *other;

    close(mkstemp(one_path));
    close(mkstemp(other_path));
    write_clinic(one_path);
    write_clinic(other_path);
    one = read_all(one_path, &one_size);
    other = read_all(other_path, &other_size);
    cr_expect_eq(one_size, other_size);
    cr_expect_eq(memcmp(one, other, one_size), 0);
    free(one);
    free(other);
    unlink(one_path);
    unlink(other_path);
}

static unsigned xor_words(const uint8_t *from, size_t words)
{
    unsigned sum = 0;

    for (size_t i = 0; i < words; i++)
        sum ^= mdf_get_u16(from + 2 * i);
    return sum;
}

/* Walks blocks and streams by their lengths (section 2.3): checksums, and the page data at a whole page. */
Test(bak_file, container_is_well_formed)
{
    static const char *const order = "TAPESFMBSSETVOLBMSCIMSDAMSTLMSLSSFMBESETESETSFMB";
    char path[] = "/tmp/bak-writer-XXXXXX";
    size_t size;
    char *content;
    size_t at = 0;
    size_t block = 0;

    close(mkstemp(path));
    write_clinic(path);
    content = read_all(path, &size);
    for (; at < size; block++) {
        const uint8_t *head = (const uint8_t *)content + at;
        size_t stream = at + mdf_get_u16(head + 8);
        bool last = memcmp(head, "SFMB", 4) == 0;

        cr_assert(block < strlen(order) / 4);
        cr_assert_eq(memcmp(head, order + 4 * block, 4), 0, "block %zu is %.4s", block, (const char *)head);
        cr_expect_eq(xor_words(head, 25), mdf_get_u16(head + 50));
        for (at = stream; !last; at = stream) {
            const uint8_t *id = (const uint8_t *)content + (stream = (stream + 3) / 4 * 4);

            cr_assert(stream + 22 <= size);
            cr_expect_eq(xor_words(id, 10), mdf_get_u16(id + 20), "%.4s", (const char *)id);
            if (memcmp(id, "MQDA", 4) == 0 && get_u32(id + 8) > 0)
                cr_expect_eq((stream + 24) % 4096, 0);
            last = memcmp(id, "SPAD", 4) == 0;
            stream += 22 + (size_t)get_u32(id + 8);
        }
    }
    cr_expect_eq(at, size);
    cr_expect_eq(block, strlen(order) / 4);
    free(content);
    unlink(path);
}

Test(bak_file, backup_that_is_given_up_is_removed)
{
    char path[] = "/tmp/bak-writer-XXXXXX";
    struct mdf_clinic *clinic = NULL;
    struct fault fault = {0};

    close(mkstemp(path));
    cr_assert(mdf_clinic_create(path, 20514, &clinic, &fault), "%s", fault.text);
    mdf_clinic_destroy(&clinic);
    cr_expect_neq(access(path, F_OK), 0);
}

Test(bak_file, file_that_cannot_be_made_is_told)
{
    struct mdf_clinic *clinic = NULL;
    struct fault fault = {0};

    cr_expect_not(mdf_clinic_create("/nowhere/FD.bak", 20514, &clinic, &fault));
    cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
    cr_expect_not_null(strstr(fault.text, "/nowhere/FD.bak"));
}
