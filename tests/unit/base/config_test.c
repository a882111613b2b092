#include "base/config.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdarg.h>

#include "base/memory.h"

static const char *url;
static const char *key_file;
static const char *token;
static int64_t slots;
static bool loud;

static const struct setting table[] = {
    {.name = "url", .type = SETTING_TEXT, .target = &url, .fallback = "http://127.0.0.1", .help = "Where it is."},
    {.name = "key-file", .type = SETTING_FILE, .target = &key_file, .help = "The key."},
    {.name = "token", .type = SETTING_TEXT, .target = &token, .secret = true, .help = "A secret."},
    {.name = NULL},
};

static const struct setting more[] = {
    {.name = "slots",
     .type = SETTING_INTEGER,
     .target = &slots,
     .fallback = "16",
     .least = 1,
     .greatest = 1000,
     .unit = "tasks",
     .help = "How many at once."},
    {.name = "loud", .type = SETTING_SWITCH, .target = &loud, .fallback = "0", .help = "Says more."},
    {.name = NULL},
};

static const struct setting *const tables[] = {table, more, NULL};

/* Loads with up to six arguments, the last of them NULL. */
static bool load(struct fault *fault, int *ret_positional, char **argv)
{
    int argc = 0;

    while (argv[argc])
        argc++;
    return config_load(tables, argc, argv, ret_positional, fault);
}

/* The arguments of a program, ended by NULL, where config_load may move them. */
static char **arguments(const char *first, ...)
{
    static char texts[10][64];
    static char *list[11];
    int count = 1;
    va_list rest;

    memcpy(texts[0], "prog", sizeof "prog");
    list[0] = texts[0];
    va_start(rest, first);
    for (const char *one = first; one; one = va_arg(rest, const char *)) {
        cr_assert(count < 10 && strlen(one) < sizeof texts[0]);
        memcpy(texts[count], one, strlen(one) + 1);
        list[count] = texts[count];
        count++;
    }
    va_end(rest);
    list[count] = NULL;
    return list;
}

Test(config, takes_defaults)
{
    struct fault fault = {0};
    int positional = -1;

    cr_assert(load(&fault, &positional, arguments(NULL)), "%s", fault.text);
    cr_expect_str_eq(url, "http://127.0.0.1");
    cr_expect_eq(slots, 16);
    cr_expect_not(loud);
    cr_expect_null(key_file);
    cr_expect_eq(positional, 0);
}

Test(config, environment_wins_over_default_and_flag_over_environment)
{
    struct fault fault = {0};
    int positional = 0;

    setenv("HANDOVER_SLOTS", "20", 1);
    setenv("HANDOVER_URL", "http://environment", 1);
    setenv("HANDOVER_LOUD", "1", 1);
    setenv("HANDOVER_TOKEN", "s3cret", 1);
    cr_assert(load(&fault, &positional, arguments("--url", "http://flag", NULL)), "%s", fault.text);
    cr_expect_eq(slots, 20);
    cr_expect_str_eq(url, "http://flag");
    cr_expect(loud);
    cr_expect_str_eq(token, "s3cret");
}

Test(config, empty_variables_count_as_not_set)
{
    struct fault fault = {0};
    int positional = 0;

    setenv("HANDOVER_SLOTS", "", 1);
    cr_assert(load(&fault, &positional, arguments(NULL)), "%s", fault.text);
    cr_expect_eq(slots, 16);
}

Test(config, flags_take_both_forms_and_stand_anywhere)
{
    char **argv = arguments("FD.bak", "--slots=5", "other", "--loud", "--key-file", "/run/key", "--", "--last", NULL);
    struct fault fault = {0};
    int positional = 0;

    cr_assert(load(&fault, &positional, argv), "%s", fault.text);
    cr_expect_eq(slots, 5);
    cr_expect(loud);
    cr_expect_str_eq(key_file, "/run/key");
    cr_assert_eq(positional, 3, "got %d", positional);
    cr_expect_str_eq(argv[1], "FD.bak");
    cr_expect_str_eq(argv[2], "other");
    cr_expect_str_eq(argv[3], "--last");
}

Test(config, may_be_loaded_again)
{
    struct fault fault = {0};
    int positional = 0;

    cr_assert(load(&fault, &positional, arguments("--slots=5", NULL)));
    cr_assert(load(&fault, &positional, arguments("--slots=6", "x", NULL)));
    cr_expect_eq(slots, 6);
    cr_expect_eq(positional, 1);
}

static void expect_refusal(char **argv, const char *want)
{
    struct fault fault = {0};
    int positional = 0;

    cr_expect_not(load(&fault, &positional, argv), "taken; want '%s'", want);
    cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
    cr_expect(strstr(fault.text, want), "got '%s', want '%s'", fault.text, want);
}

Test(config, wrong_flags_are_named)
{
    expect_refusal(arguments("--sluts=5", NULL), "--sluts=5 is no flag");
    expect_refusal(arguments("--slots", NULL), "--slots needs a value");
    expect_refusal(arguments("--slots=", NULL), "--slots: '' is not a whole number");
    expect_refusal(arguments("--slots=0", NULL), "--slots: '0' is not within 1 to 1000");
    expect_refusal(arguments("--slots=1001", NULL), "--slots: '1001' is not within");
    expect_refusal(arguments("--slots=five", NULL), "--slots: 'five' is not a whole number");
    expect_refusal(arguments("--loud=1", NULL), "--loud=1 is no flag");
    expect_refusal(arguments("x", "-v", NULL), "-v is no flag");
    expect_refusal(arguments("-xyz", NULL), "-xyz is no flag");
}

Test(config, flags_are_not_guessed_from_their_beginning)
{
    expect_refusal(arguments("--slot=5", NULL), "--slot=5 is no flag");
    expect_refusal(arguments("--lou", NULL), "--lou is no flag");
}

Test(config, secrets_are_not_taken_from_the_command_line)
{
    struct fault fault = {0};
    int positional = 0;

    cr_expect_not(load(&fault, &positional, arguments("--token", "s3cret", NULL)));
    cr_expect(strstr(fault.text, "--token: a secret"), "got '%s'", fault.text);
    cr_expect_null(strstr(fault.text, "s3cret"), "the secret is told: '%s'", fault.text);
}

Test(config, wrong_variables_are_named)
{
    setenv("HANDOVER_SLOTS", "many", 1);
    expect_refusal(arguments(NULL), "HANDOVER_SLOTS: 'many' is not a whole number");
    setenv("HANDOVER_SLOTS", "7", 1);
    setenv("HANDOVER_LOUD", "yes", 1);
    expect_refusal(arguments(NULL), "HANDOVER_LOUD: 'yes' is neither 1 nor 0");
}

Test(config, unknown_variables_are_refused_without_their_value)
{
    struct fault fault = {0};
    int positional = 0;

    setenv("HANDOVER_TOKENN", "s3cret", 1);
    cr_expect_not(load(&fault, &positional, arguments(NULL)));
    cr_expect(strstr(fault.text, "HANDOVER_TOKENN,"), "got '%s'", fault.text);
    cr_expect_null(strstr(fault.text, "s3cret"), "the value is told: '%s'", fault.text);
}

Test(config, variables_of_sibling_programs_are_let_be)
{
    struct fault fault = {0};
    int positional = 0;

    setenv("HANDOVER_LISTEN_URL", "tcp://*:5555", 1);
    setenv("HANDOVERED", "x", 1);
    cr_expect(load(&fault, &positional, arguments(NULL)), "%s", fault.text);
}

static char *printed(void (*print)(const struct setting *const *, struct text *))
{
    struct text out;

    text_init(&out, 10000);
    print(tables, &out);
    return text_take(&out);
}

Test(config, help_tells_flag_variable_meaning_and_default)
{
    scoped(string_free) char *help = printed(config_print_help);

    cr_expect(strstr(help, "--slots N\n"), "got %s", help);
    cr_expect(strstr(help, "HANDOVER_SLOTS\n"), "got %s", help);
    cr_expect(strstr(help, "How many at once. Default: 16 tasks.\n"), "got %s", help);
    cr_expect(strstr(help, "--key-file FILE\n"), "got %s", help);
    cr_expect(strstr(help, "HANDOVER_KEY_FILE\n"), "got %s", help);
    cr_expect(strstr(help, "--loud\n"), "got %s", help);
    cr_expect(strstr(help, "HANDOVER_TOKEN\n"), "got %s", help);
    cr_expect_null(strstr(help, "--token"), "the secret has a flag: %s", help);
}

Test(config, markdown_has_a_row_for_each_setting)
{
    scoped(string_free) char *page = printed(config_print_markdown);

    cr_expect(strstr(page, "| `--slots` | `HANDOVER_SLOTS` | 16 tasks | How many at once. |\n"), "got %s", page);
    cr_expect(strstr(page, "| (no flag) | `HANDOVER_TOKEN` |  | A secret. |\n"), "got %s", page);
}

Test(config, start_line_tells_no_secret)
{
    struct fault fault = {0};
    int positional = 0;
    scoped(string_free) char *line = NULL;

    setenv("HANDOVER_TOKEN", "s3cret", 1);
    cr_assert(load(&fault, &positional, arguments(NULL)));
    line = printed(config_describe);
    cr_expect_str_eq(line, "url=http://127.0.0.1 key-file=- token=set slots=16 loud=0", "got %s", line);
}

/* A URL is no secret, but a password in it is. */
Test(config, start_line_tells_no_password_of_a_url)
{
    static const char *const cases[][2] = {
        {"postgresql://user:s3cret@host/db", "url=postgresql://user:***@host/db "},
        {"postgresql://user:s3c@ret@host/db", "url=postgresql://user:***@host/db "},
        {"redis://:s3cret@host:6379/0", "url=redis://:***@host:6379/0 "},
        {"postgresql://user@host/db?password=s3cret&x=1", "url=postgresql://user@host/db?password=*** "},
        {"host=db user=u password=s3cret", "url=host=db user=u password=*** "},
        {"tcp://127.0.0.1:5555", "url=tcp://127.0.0.1:5555 "},
        {"https://host/path@here:x", "url=https://host/path@here:x "},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct fault fault = {0};
        int positional = 0;
        scoped(string_free) char *line = NULL;

        setenv("HANDOVER_URL", cases[i][0], 1);
        cr_assert(load(&fault, &positional, arguments(NULL)));
        line = printed(config_describe);
        cr_expect_eq(strncmp(line, cases[i][1], strlen(cases[i][1])), 0, "got '%s', want '%s'", line, cases[i][1]);
        cr_expect_null(strstr(line, "s3c"), "the password is told: %s", line);
    }
}
