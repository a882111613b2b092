#include "db/password.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

Test(password, is_the_first_line_of_its_file)
{
    static const struct {
        const char *content;
        const char *want; /* NULL: refused */
    } cases[] = {
        {"secret", "secret"},
        {"secret\n", "secret"},
        {"secret\r\n", "secret"},
        {"secret\nmore\n", "secret"},
        {" sec ret ", " sec ret "},
        {"", NULL},
        {"\n", NULL},
        {"\nsecret", NULL},
    };
    char path[] = "/tmp/handover-password-XXXXXX";
    int descriptor = mkstemp(path);

    cr_assert(descriptor >= 0);
    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *got = NULL;
        struct fault fault = {0};
        bool good = false;

        cr_assert_eq(ftruncate(descriptor, 0), 0);
        cr_assert_eq(pwrite(descriptor, cases[i].content, strlen(cases[i].content), 0),
                     (ssize_t)strlen(cases[i].content));
        good = password_read(path, &got, &fault);
        cr_expect_eq(good, cases[i].want != NULL, "case %zu: got %d (%s)", i, good, fault.text);
        if (good && cases[i].want)
            cr_expect_str_eq(got, cases[i].want, "case %zu: got '%s'", i, got);
        if (good)
            continue;
        cr_expect_eq(fault.kind, FAULT_BAD_INPUT, "case %zu: got %s", i, fault_kind_name(fault.kind));
        cr_expect(strstr(fault.text, path) && !strstr(fault.text, "secret"), "case %zu: %s", i, fault.text);
        cr_expect_null(got);
    }
    close(descriptor);
    unlink(path);
}

Test(password, is_never_cut_short)
{
    char path[] = "/tmp/handover-password-XXXXXX";
    int descriptor = mkstemp(path);

    cr_assert(descriptor >= 0);
    for (size_t size = 508; size < 516; size++) {
        scoped(string_free) char *password = x_alloc(size + 1);
        scoped(string_free) char *got = NULL;
        struct fault fault = {0};

        memset(password, 'p', size);
        cr_assert_eq(pwrite(descriptor, password, size, 0), (ssize_t)size);
        cr_expect_eq(password_read(path, &got, &fault), size <= 510, "%zu bytes: %s", size, fault.text);
        if (got)
            cr_expect_eq(strlen(got), size, "%zu bytes: got %zu", size, strlen(got));
    }
    close(descriptor);
    unlink(path);
}

Test(password, needs_no_file)
{
    char *got = (char[]){"before"};
    struct fault fault = {0};

    cr_expect(password_read(NULL, &got, &fault) && !got);
    cr_expect(password_read("", &got, &fault) && !got);
    cr_expect(!password_read("/nonexistent/file", &got, &fault));
    cr_expect_eq(fault.kind, FAULT_BAD_INPUT, "got %s", fault_kind_name(fault.kind));
    cr_expect(strstr(fault.text, "/nonexistent/file"), "got %s", fault.text);
}
