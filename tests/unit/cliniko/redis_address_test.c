#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "cliniko/redis_address.h"

TestSuite(redis_address, .timeout = 10);

static const struct {
    const char *url;
    const char *host; /* NULL: refused */
    int port;
    int database;
} urls[] = {
    {"redis://localhost", "localhost", 6379, 0},
    {"redis://localhost/", "localhost", 6379, 0},
    {"redis://redis:6380/3", "redis", 6380, 3},
    {"redis://[::1]:7000/1", "::1", 7000, 1},
    {"redis://[::1]", "::1", 6379, 0},
    {"unix:///run/redis.sock", "/run/redis.sock", 0, 0},
    {"unix://run/redis.sock", NULL, 0, 0},
    {"redis://:secret@host", NULL, 0, 0},
    {"redis://host:0", NULL, 0, 0},
    {"redis://host:65536", NULL, 0, 0},
    {"redis://host:x", NULL, 0, 0},
    {"redis://host/65536", NULL, 0, 0},
    {"redis://host/a/b", NULL, 0, 0},
    {"redis://", NULL, 0, 0},
    {"redis://::1", NULL, 0, 0},
    {"rediss://host", NULL, 0, 0},
    {"host:6379", NULL, 0, 0},
    {"", NULL, 0, 0},
};

Test(redis_address, is_read_from_a_url)
{
    for (size_t i = 0; i < array_length(urls); i++) {
        struct redis_address address;
        struct fault fault = {0};
        bool good = redis_address_parse(urls[i].url, &address, &fault);

        cr_expect_eq(good, urls[i].host != NULL, "'%s': got %d", urls[i].url, good);
        if (!good) {
            cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
            cr_expect(!strstr(fault.text, "secret"), "the fault shows the password: %s", fault.text);
            continue;
        }
        cr_expect_str_eq(address.host, urls[i].host, "'%s': got %s", urls[i].url, address.host);
        cr_expect_eq(address.port, urls[i].port, "'%s': got %d", urls[i].url, address.port);
        cr_expect_eq(address.database, urls[i].database);
    }
}

static void with_file(const char *content, bool good, const char *password)
{
    char name[] = "/tmp/handover-test-XXXXXX";
    int descriptor = mkstemp(name);
    struct redis_address address = {0};
    struct fault fault;

    cr_assert(descriptor >= 0);
    cr_assert_eq(write(descriptor, content, strlen(content)), (ssize_t)strlen(content));
    close(descriptor);
    cr_expect_eq(redis_address_read_password(&address, name, &fault), good);
    if (good)
        cr_expect_str_eq(address.password, password);
    unlink(name);
}

Test(redis_address, takes_the_password_from_a_file)
{
    char longest[600] = "";
    struct redis_address address = {0};
    struct fault fault;

    with_file("hunter2\n", true, "hunter2");
    with_file("hunter2\r\nmore", true, "hunter2");
    with_file("", false, "");
    with_file("\nx", false, "");
    memset(longest, 'p', 512);
    with_file(longest, true, longest);
    memset(longest, 'p', 513);
    with_file(longest, false, "");
    cr_expect(redis_address_read_password(&address, NULL, &fault));
    cr_expect(redis_address_read_password(&address, "", &fault));
    cr_expect(!redis_address_read_password(&address, "/nonexistent/file", &fault));
}
