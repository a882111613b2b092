#include "base/log.h"

#include <criterion/criterion.h>
#include <regex.h>
#include <unistd.h>

#include "base/memory.h"

static FILE *kept;
static int standard_error;

/* Sends standard error to a file for the time of a test. */
static void capture(void)
{
    fflush(stderr);
    standard_error = dup(STDERR_FILENO);
    kept = tmpfile();
    dup2(fileno(kept), STDERR_FILENO);
}

static char *captured(void)
{
    char *text = x_alloc(10000);

    fflush(stderr);
    dup2(standard_error, STDERR_FILENO);
    close(standard_error);
    rewind(kept);
    cr_assert(fread(text, 1, 9999, kept) < 9999);
    fclose(kept);
    return text;
}

static void expect_match(const char *got, const char *pattern)
{
    regex_t regex;

    cr_assert_eq(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    cr_expect_eq(regexec(&regex, got, 0, NULL, 0), 0, "got '%s', want '%s'", got, pattern);
    regfree(&regex);
}

static size_t lines_of(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += *text == '\n';
    return count;
}

Test(log, line_has_time_program_level_event_and_values)
{
    scoped(string_free) char *got = NULL;

    log_open("handover-test", LOG_INFO);
    capture();
    log_event(LOG_INFO, NULL, "task_taken", "records=%d", 7);
    got = captured();
    expect_match(got, "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z handover-test\\[[0-9]+\\] "
                      "info task_taken records=7\n$");
}

Test(log, line_carries_its_context_in_fixed_order)
{
    struct log_context context = {.transfer = 5, .task = 42, .account = "3", .entity = "patient", .record = "P-1"};
    scoped(string_free) char *got = NULL;

    capture();
    log_event(LOG_WARN, &context, "record_failed", "");
    got = captured();
    expect_match(got, " warn record_failed transfer=5 task=42 account=3 entity=patient record=P-1\n$");
}

Test(log, context_leaves_out_what_is_not_set)
{
    struct log_context context = {.task = 42};
    scoped(string_free) char *got = NULL;

    capture();
    log_event(LOG_WARN, &context, "task_done", "ms=1");
    got = captured();
    expect_match(got, " warn task_done task=42 ms=1\n$");
}

Test(log, below_the_least_level_nothing_is_written)
{
    scoped(string_free) char *got = NULL;

    log_open("x", LOG_WARN);
    capture();
    log_event(LOG_DEBUG, NULL, "a", "");
    log_event(LOG_INFO, NULL, "b", "");
    got = captured();
    cr_expect_str_eq(got, "");
    cr_expect(log_wants(LOG_WARN) && log_wants(LOG_ERROR) && !log_wants(LOG_INFO));
}

/* Source keys and faults may hold anything; a line feed in them would forge lines. */
Test(log, one_event_is_one_line_whatever_it_holds)
{
    struct log_context context = {.record = "1\n2026-01-01T00:00:00.000Z x[1] error forged", .entity = "a\rb\x1B[2J"};
    struct fault fault = {0};
    scoped(string_free) char *got = NULL;

    fault_set(&fault, FAULT_REFUSED, "first\nsecond\r\x07third");
    capture();
    log_fault(LOG_ERROR, &context, "failed", &fault);
    got = captured();
    cr_expect_eq(lines_of(got), 1, "got '%s'", got);
    cr_expect_null(strpbrk(got, "\r\x1B\x07"), "control characters are left: '%s'", got);
}

Test(log, long_lines_are_cut_and_still_end)
{
    scoped(string_free) char *text = x_alloc(5001);
    scoped(string_free) char *got = NULL;
    struct log_context context = {.record = text};

    memset(text, 'x', 5000);
    capture();
    log_event(LOG_ERROR, NULL, "a", "%s", text);
    log_event(LOG_ERROR, &context, "b", "last=1");
    got = captured();
    cr_expect_eq(lines_of(got), 2, "got %zu lines", lines_of(got));
    cr_expect(strlen(got) < 2 * 2100, "got %zu bytes", strlen(got));
    cr_expect(strstr(got, " error b record=xxx"), "the second event is lost");
    cr_expect(strstr(got, "xxx last=1\n"), "what follows a long value is lost");
}

Test(log, fault_is_told_with_kind_code_and_text)
{
    struct fault fault = {.kind = FAULT_IN_DOUBT, .code = 504, .text = "no answer"};
    scoped(string_free) char *got = NULL;

    capture();
    log_fault(LOG_ERROR, NULL, "request_failed", &fault);
    got = captured();
    expect_match(got, " error request_failed kind=in_doubt code=504 text=\"no answer\"\n$");
}

Test(log, levels_have_names)
{
    enum log_level level = LOG_ERROR;

    cr_expect(log_level_parse("debug", &level) && level == LOG_DEBUG);
    cr_expect(log_level_parse("warn", &level) && level == LOG_WARN);
    cr_expect_not(log_level_parse("warning", &level));
    cr_expect_not(log_level_parse("", &level));
    cr_expect_not(log_level_parse("INFO", &level));
    cr_expect_eq(level, LOG_WARN);
}
