#include "proto/endpoint.h"

#include <criterion/criterion.h>

#include "base/memory.h"
#include "base/text.h"

static const struct {
    const char *urls;
    struct endpoint_rules rules;
    const char *want; /* a part of the refusal; NULL when it is taken */
} cases[] = {
    {"ipc:///run/handover/coordinator", {false, true}, NULL},
    {"ipc://@abstract", {false, false}, NULL},
    {"inproc://test", {false, false}, NULL},
    {"tcp://127.0.0.1:5555", {false, false}, NULL},
    {"tcp://127.1.2.3:5555", {false, false}, NULL},
    {"tcp://localhost:5555", {false, false}, NULL},
    {"tcp://127.0.0.1:*", {false, true}, NULL},
    {"tcp://127.0.0.1:0", {false, true}, NULL},
    {"tcp://*:5555", {true, true}, NULL},
    {"tcp://coordinator-2.internal:5555", {true, false}, NULL},
    {" tcp://127.0.0.1:1 , ipc://x ", {false, false}, NULL},
    {"", {false, false}, "No address"},
    {",", {false, false}, "no address of a coordinator"},
    {"tcp://127.0.0.1:5555,", {false, false}, NULL},
    {"tcp://127.0.0.1:5555,,ipc://x", {false, false}, "no address of a coordinator"},
    {"http://127.0.0.1:5555", {false, false}, "ipc://PATH or tcp://HOST:PORT"},
    {"127.0.0.1:5555", {false, false}, "ipc://PATH or tcp://HOST:PORT"},
    {"ipc://", {false, true}, "names no file"},
    {"inproc://", {false, true}, "no address of a coordinator"},
    {"tcp://127.0.0.1", {false, false}, "not of the form"},
    {"tcp://:5555", {false, false}, "not of the form"},
    {"tcp://127.0.0.1:", {false, false}, "not of the form"},
    {"tcp://127.0.0.1:65536", {false, false}, "not of the form"},
    {"tcp://127.0.0.1:-1", {false, true}, "not of the form"},
    {"tcp://127.0.0.1:55x", {false, false}, "not of the form"},
    {"tcp://127.0.0.1:0", {false, false}, "not of the form"},
    {"tcp://127.0.0.1:*", {false, false}, "not of the form"},
    {"tcp://*:5555", {true, false}, "not of the form"},
    {"tcp://a b:5555", {true, false}, "not of the form"},
    {"tcp://eth0;rm:5555", {true, true}, "not of the form"},
    {"tcp://*:5555", {false, true}, "other machines"},
    {"tcp://0.0.0.0:5555", {false, true}, "other machines"},
    {"tcp://192.168.0.7:5555", {false, false}, "other machines"},
    {"tcp://127.evil.example:5555", {false, false}, "other machines"},
    {"tcp://localhost.example:5555", {false, false}, "other machines"},
    {"ipc:///x,tcp://10.0.0.1:1", {false, false}, "other machines"},
};

Test(endpoints, are_taken_or_refused_by_the_rules)
{
    for (size_t i = 0; i < array_length(cases); i++) {
        struct endpoints endpoints;
        struct fault fault = {0};
        bool taken = endpoints_parse(cases[i].urls, cases[i].rules, &endpoints, &fault);

        cr_expect_eq(taken, cases[i].want == NULL, "'%s': got %s %s", cases[i].urls, taken ? "taken" : "refused",
                     fault.text);
        if (cases[i].want)
            cr_expect(strstr(fault.text, cases[i].want), "'%s': got '%s', want '%s'", cases[i].urls, fault.text,
                      cases[i].want);
    }
}

Test(endpoints, keep_their_order)
{
    struct endpoints endpoints;
    struct fault fault = {0};

    cr_assert(endpoints_parse("ipc://a, ipc://b ,tcp://127.0.0.1:7", (struct endpoint_rules){false, false}, &endpoints,
                              &fault));
    cr_assert_eq(endpoints.count, 3, "got %zu", endpoints.count);
    cr_expect_str_eq(endpoints.urls[0], "ipc://a");
    cr_expect_str_eq(endpoints.urls[1], "ipc://b");
    cr_expect_str_eq(endpoints.urls[2], "tcp://127.0.0.1:7");
}

Test(endpoints, are_bounded_in_number_and_length)
{
    struct endpoints endpoints;
    struct fault fault = {0};
    struct text urls;

    text_init(&urls, 10000);
    for (int i = 0; i < ENDPOINTS_MAX; i++)
        text_puts(&urls, "ipc://x,");
    cr_expect(endpoints_parse(text_string(&urls), (struct endpoint_rules){false, false}, &endpoints, &fault));
    text_puts(&urls, "ipc://x");
    cr_expect_not(endpoints_parse(text_string(&urls), (struct endpoint_rules){false, false}, &endpoints, &fault));
    text_clear(&urls);
    text_puts(&urls, "ipc://");
    for (int i = 0; i < 107; i++)
        text_putc(&urls, 'p');
    cr_expect(endpoints_parse(text_string(&urls), (struct endpoint_rules){false, false}, &endpoints, &fault));
    text_putc(&urls, 'p');
    cr_expect_not(endpoints_parse(text_string(&urls), (struct endpoint_rules){false, false}, &endpoints, &fault));
    cr_expect(strstr(fault.text, "107 bytes"), "got '%s'", fault.text);
    for (int i = 0; i < 300; i++)
        text_putc(&urls, 'p');
    cr_expect_not(endpoints_parse(text_string(&urls), (struct endpoint_rules){false, false}, &endpoints, &fault));
    text_release(&urls);
}
