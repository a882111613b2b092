#include "base/fault.h"

#include <criterion/criterion.h>
#include <errno.h>

#include "base/memory.h"
#include "base/text.h"

Test(fault, is_set_and_gives_false)
{
    struct fault fault = {0};

    cr_expect_not(fault_set(&fault, FAULT_DENIED, "key %d of %s", 7, "a"));
    cr_expect_eq(fault.kind, FAULT_DENIED);
    cr_expect_eq(fault.code, 0);
    cr_expect_eq(fault.retry_after_ms, 0);
    cr_expect_str_eq(fault.text, "key 7 of a");
}

Test(fault, setting_forgets_the_one_before)
{
    struct fault fault = {
        .kind = FAULT_RETRY, .code = 429, .retry_after_ms = 5000, .text = "long ago, in a land far away"};

    fault_set(&fault, FAULT_GONE, "now");
    cr_expect_eq(fault.code, 0);
    cr_expect_eq(fault.retry_after_ms, 0);
    cr_expect_str_eq(fault.text, "now");
}

Test(fault, may_quote_itself)
{
    struct fault fault = {.text = "inner"};

    fault_set(&fault, FAULT_INTERNAL, "outer: %s", fault.text);
    cr_expect_str_eq(fault.text, "outer: inner");
}

Test(fault, keeps_errno_and_its_words)
{
    struct fault fault = {0};

    errno = ENOSPC;
    cr_expect_not(fault_errno(&fault, FAULT_INTERNAL, "cannot write %s", "x"));
    cr_expect_eq(fault.code, ENOSPC);
    cr_expect_str_eq(fault.text, "cannot write x: No space left on device.");
    cr_expect_eq(errno, ENOSPC, "errno was changed");
}

Test(fault, prefix_keeps_kind_code_and_wait)
{
    struct fault fault = {.kind = FAULT_RETRY, .code = 503, .retry_after_ms = 70, .text = "busy"};

    cr_expect_not(fault_prefix(&fault, "page %d", 3));
    cr_expect_eq(fault.kind, FAULT_RETRY);
    cr_expect_eq(fault.code, 503);
    cr_expect_eq(fault.retry_after_ms, 70);
    cr_expect_str_eq(fault.text, "page 3: busy");
}

/* Whatever is cut, the end is there and inside: at, below and above the size. */
Test(fault, text_that_does_not_fit_is_cut)
{
    for (size_t size = FAULT_TEXT_SIZE - 3; size <= FAULT_TEXT_SIZE + 3; size++) {
        scoped(string_free) char *text = x_alloc(size + 1);
        struct fault fault = {0};
        size_t want = size < FAULT_TEXT_SIZE ? size : FAULT_TEXT_SIZE - 1;

        memset(text, 'x', size);
        fault_set(&fault, FAULT_INTERNAL, "%s", text);
        cr_expect_eq(strlen(fault.text), want, "%zu bytes: got %zu, want %zu", size, strlen(fault.text), want);
        fault_prefix(&fault, "%s", text);
        cr_expect_eq(strlen(fault.text), FAULT_TEXT_SIZE - 1, "%zu bytes before: got %zu", size, strlen(fault.text));
        errno = EACCES;
        fault_errno(&fault, FAULT_INTERNAL, "%s", text);
        cr_expect_eq(strlen(fault.text), FAULT_TEXT_SIZE - 1, "%zu bytes and errno: got %zu", size, strlen(fault.text));
    }
}

/* Fault texts go into messages and into PostgreSQL, which take UTF-8 only. */
Test(fault, text_is_always_utf8)
{
    for (size_t shift = 0; shift < 4; shift++) {
        struct text text;
        struct fault fault = {0};

        text_init(&text, 2000);
        for (size_t i = 0; i < shift; i++)
            text_putc(&text, 'a');
        while (text.size < 2 * FAULT_TEXT_SIZE)
            text_puts(&text, "\xF0\x9F\xA6\xB7");
        fault_set(&fault, FAULT_INTERNAL, "%s", text_string(&text));
        cr_expect(utf8_valid(fault.text, strlen(fault.text)), "set, shifted by %zu", shift);
        cr_expect(strlen(fault.text) >= FAULT_TEXT_SIZE - 4, "set, shifted by %zu: got %zu", shift, strlen(fault.text));
        fault_prefix(&fault, "%s", text_string(&text));
        cr_expect(utf8_valid(fault.text, strlen(fault.text)), "prefix, shifted by %zu", shift);
        text_release(&text);
    }
}

Test(fault, quotes_foreign_bytes_as_question_marks)
{
    struct fault fault = {0};

    fault_set(&fault, FAULT_BAD_INPUT, "'%s' in row 7", "Ren\xE9");
    cr_expect_str_eq(fault.text, "'Ren?' in row 7", "got %s", fault.text);
}

Test(fault, kinds_have_their_own_names)
{
    for (enum fault_kind one = FAULT_NONE; one <= FAULT_INTERNAL; one++)
        for (enum fault_kind other = FAULT_NONE; other < one; other++)
            cr_expect_str_neq(fault_kind_name(one), fault_kind_name(other));
    cr_expect_str_eq(fault_kind_name(FAULT_IN_DOUBT), "in_doubt");
}
