#include "coordinator/workforce.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"

static struct peer peer_of(unsigned char number)
{
    return (struct peer){.size = 1, .id = {number}};
}

static struct worker *hello(struct workforce *workforce, unsigned char peer, const char *name, const char *kinds,
                            int64_t now_ms)
{
    struct message message = {.type = MESSAGE_HELLO, .hello = {.slots = 4, .pid = 4711}};
    struct peer from = peer_of(peer);

    message_set(message.hello.worker, name);
    message_set(message.hello.kinds, kinds);
    message_set(message.hello.host, "porter");
    return workforce_hello(workforce, &from, &message, now_ms);
}

Test(workforce, learns_a_worker_from_its_hello)
{
    struct workforce workforce = {0};
    struct worker *worker = hello(&workforce, 1, "porter:1:a", "patients,appointments", 77);
    struct peer known = peer_of(1);
    struct peer unknown = peer_of(2);

    cr_assert_not_null(worker);
    cr_expect_str_eq(worker->name, "porter:1:a");
    cr_expect_str_eq(worker->host, "porter");
    cr_expect_eq(worker->pid, 4711);
    cr_expect_eq(worker->heard_ms, 77);
    cr_expect_eq(workforce_find_peer(&workforce, &known), worker);
    cr_expect_eq(workforce_find_name(&workforce, "porter:1:a"), worker);
    cr_expect_null(workforce_find_peer(&workforce, &unknown));
    cr_expect_null(workforce_find_name(&workforce, "porter:1"));
    cr_assert_not_null(worker_credit(worker, "patients"));
    cr_expect_eq(worker_credit(worker, "patients")->free, 0, "a worker has no credit before READY");
    cr_expect_null(worker_credit(worker, "verify"));
    workforce_clear(&workforce);
}

Test(workforce, renews_a_worker_that_says_hello_again)
{
    struct workforce workforce = {0};
    struct worker *first = hello(&workforce, 1, "porter:1:a", "patients,verify", 1);
    struct worker *second = NULL;
    struct peer old = peer_of(1);
    struct peer fresh = peer_of(2);

    worker_credit(first, "patients")->free = 5;
    second = hello(&workforce, 2, "porter:1:a", "patients", 9);
    cr_expect_eq(first, second, "it became two workers");
    cr_expect_eq(workforce.count, 1, "got %zu workers, want 1", workforce.count);
    cr_expect_eq(worker_credit(second, "patients")->free, 0, "the old credit was kept");
    cr_expect_null(worker_credit(second, "verify"), "a kind that it no longer takes was kept");
    cr_expect_eq(second->heard_ms, 9);
    cr_expect_null(workforce_find_peer(&workforce, &old), "the old connection still stands for it");
    cr_expect_eq(workforce_find_peer(&workforce, &fresh), second);
    workforce_clear(&workforce);
}

Test(workforce, reads_the_kinds_of_a_hello)
{
    static const char longest[] = "abcdefghijklmnopqrstuvwxyz012345";   /* 32 letters */
    static const char too_long[] = "abcdefghijklmnopqrstuvwxyz0123456"; /* 33 */
    static const struct {
        const char *kinds;
        const char *want; /* with a blank between */
    } cases[] = {
        {"patients", "patients"},
        {"patients,appointments", "patients appointments"},
        {"a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p", "a b c d e f g h i j k l m n o p"},
        {"a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r", "a b c d e f g h i j k l m n o p"},
        {",,patients,,", "patients"},
        {",", ""},
        {longest, longest},
        {too_long, ""},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct workforce workforce = {0};
        struct worker *worker = hello(&workforce, 1, "w", cases[i].kinds, 0);
        struct text got;

        text_init(&got, 1000);
        for (size_t k = 0; k < worker->kinds; k++)
            text_printf(&got, "%s%s", k ? " " : "", worker->credits[k].kind);
        cr_expect_str_eq(text_string(&got), cases[i].want, "%s: got '%s', want '%s'", cases[i].kinds, text_string(&got),
                         cases[i].want);
        text_release(&got);
        workforce_clear(&workforce);
    }
}

Test(workforce, removes_any_worker_of_the_list)
{
    for (int which = 0; which < 3; which++) {
        struct workforce workforce = {0};
        struct worker *workers[3] = {hello(&workforce, 1, "a", "x", 0), hello(&workforce, 2, "b", "x", 0),
                                     hello(&workforce, 3, "c", "x", 0)};
        static const char *const names[] = {"a", "b", "c"};

        workforce_remove(&workforce, workers[which]);
        cr_expect_eq(workforce.count, 2, "got %zu workers, want 2", workforce.count);
        for (int i = 0; i < 3; i++)
            cr_expect_eq(workforce_find_name(&workforce, names[i]) == NULL, i == which, "%s after %s went", names[i],
                         names[which]);
        workforce_clear(&workforce);
        cr_expect(!workforce.first && workforce.count == 0);
    }
}
