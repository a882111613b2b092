#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"
#include "cliniko/key.h"

TestSuite(key, .timeout = 10);

static const struct {
    const char *pasted;
    const char *text;
    const char *shard; /* NULL: refused */
} keys[] = {
    {"MS0xLXNlY3JldA-au2", "MS0xLXNlY3JldA-au2", "au2"},
    {"  MS0xLXNlY3JldA-au2\r\n", "MS0xLXNlY3JldA-au2", "au2"},
    {"secret", "secret", "au1"},
    {"a-b-c-uk1", "a-b-c-uk1", "uk1"},
    {"secret-AU4", "secret-AU4", "au4"},
    {"secret-eu12", "secret-eu12", "eu12"},
    {"s/e+c=r==-ca1", "s/e+c=r==-ca1", "ca1"},
    {"secret-", "", NULL},
    {"-au1", "", NULL},
    {"secret-a1", "", NULL},
    {"secret-au123", "", NULL},
    {"secret-aus1", "", NULL},
    {"secret-au", "", NULL},
    {"secret-1au", "", NULL},
    {"secret-au1.evil.example", "", NULL},
    {"secret-au1/../x", "", NULL},
    {"secret-au1@evil", "", NULL},
    {"secret-\xc3\xa4u1", "", NULL},
    {"two words-au1", "", NULL},
    {"with:colon-au1", "", NULL},
    {"line\nbreak-au1", "", NULL},
    {"", "", NULL},
    {" \t ", "", NULL},
};

Test(key, is_split_at_the_last_hyphen)
{
    for (size_t i = 0; i < array_length(keys); i++) {
        scoped(key_destroy) struct key *key = NULL;
        struct fault fault = {0};
        bool good = key_parse(keys[i].pasted, &key, &fault);

        cr_expect_eq(good, keys[i].shard != NULL, "'%s': got %d", keys[i].pasted, good);
        if (!good) {
            cr_expect_eq(fault.kind, FAULT_BAD_INPUT, "'%s': got kind %d", keys[i].pasted, fault.kind);
            cr_expect(!strstr(fault.text, "secret"), "the fault quotes the key: %s", fault.text);
            continue;
        }
        cr_expect_str_eq(key_text(key), keys[i].text);
        cr_expect_str_eq(key_shard(key), keys[i].shard, "'%s': got %s, want %s", keys[i].pasted, key_shard(key),
                         keys[i].shard);
    }
}

Test(key, has_at_most_512_bytes)
{
    for (size_t size = 511; size <= 513; size++) {
        scoped(key_destroy) struct key *key = NULL;
        char pasted[600] = "";
        struct fault fault;

        memset(pasted, 'k', size - 4);
        memcpy(pasted + size - 4, "-au1", 5);
        cr_expect_eq(key_parse(pasted, &key, &fault), size <= 512, "%zu bytes", size);
    }
}

Test(key, names_the_host_by_its_shard_alone)
{
    scoped(key_destroy) struct key *key = NULL;
    struct fault fault;
    char url[BASE_URL_SIZE];

    cr_assert(key_parse("x.evil.example/-UK2", &key, &fault));
    key_base_url(key, url);
    cr_expect_str_eq(url, "https://api.uk2.cliniko.com/v1");
}

static const struct {
    const char *pasted;
    const char *subdomain; /* NULL: refused */
    const char *shard;
} urls[] = {
    {"https://your-clinic.au2.cliniko.com", "your-clinic", "au2"},
    {" https://your-clinic.au2.cliniko.com/ ", "your-clinic", "au2"},
    {"https://your-clinic.uk1.cliniko.com/dashboard?x=1", "your-clinic", "uk1"},
    {"HTTPS://Your-Clinic.AU2.Cliniko.COM", "your-clinic", "au2"},
    {"https://c1.au10.cliniko.com", "c1", "au10"},
    {"http://your-clinic.au2.cliniko.com", NULL, NULL},
    {"your-clinic.au2.cliniko.com", NULL, NULL},
    {"https://your-clinic.au2.cliniko.com.evil", NULL, NULL},
    {"https://your-clinic.au2.cliniko.com.evil/", NULL, NULL},
    {"https://your-clinic.au2.clinik0.com", NULL, NULL},
    {"https://your-clinic.au2-cliniko.com", NULL, NULL},
    {"https://evil.example/your-clinic.au2.cliniko.com", NULL, NULL},
    {"https://evil.example#.au2.cliniko.com", NULL, NULL},
    {"https://evil.example?.au2.cliniko.com", NULL, NULL},
    {"https://user@your-clinic.au2.cliniko.com", NULL, NULL},
    {"https://user:pass@your-clinic.au2.cliniko.com", NULL, NULL},
    {"https://your-clinic.au2.cliniko.com:443", NULL, NULL},
    {"https://your-clinic.au2.cliniko.com\\@evil.example", NULL, NULL},
    {"https://your-clinic.cliniko.com", NULL, NULL},
    {"https://au2.cliniko.com", NULL, NULL},
    {"https://.au2.cliniko.com", NULL, NULL},
    {"https://-x.au2.cliniko.com", NULL, NULL},
    {"https://a.b.au2.cliniko.com", NULL, NULL},
    {"https://x.aus.cliniko.com", NULL, NULL},
    {"https://api.au2.cliniko.com", NULL, NULL},
    {"https://z\xc3\xbc.au2.cliniko.com", NULL, NULL},
    {"https://", NULL, NULL},
    {"ftp://your-clinic.au2.cliniko.com", NULL, NULL},
    {"", NULL, NULL},
};

Test(clinic_url, takes_accounts_and_refuses_look_alikes)
{
    for (size_t i = 0; i < array_length(urls); i++) {
        struct clinic_url url;
        struct fault fault = {0};
        bool good = clinic_url_parse(urls[i].pasted, &url, &fault);

        cr_expect_eq(good, urls[i].subdomain != NULL, "'%s': got %d", urls[i].pasted, good);
        if (!good) {
            cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
            continue;
        }
        cr_expect_str_eq(url.subdomain, urls[i].subdomain, "'%s': got %s", urls[i].pasted, url.subdomain);
        cr_expect_str_eq(url.shard, urls[i].shard, "'%s': got %s", urls[i].pasted, url.shard);
    }
}

Test(clinic_url, must_be_on_the_shard_of_the_key)
{
    scoped(key_destroy) struct key *key = NULL;
    struct clinic_url url;
    struct fault fault;

    cr_assert(key_parse("secret-au2", &key, &fault));
    cr_assert(clinic_url_parse("https://x.au2.cliniko.com", &url, &fault));
    cr_expect(clinic_url_agrees(&url, key, &fault));
    cr_assert(clinic_url_parse("https://x.au1.cliniko.com", &url, &fault));
    cr_expect(!clinic_url_agrees(&url, key, &fault));
    cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
}

static const struct {
    const char *setting;
    const char *url; /* NULL: refused */
} bases[] = {
    {"http://127.0.0.1:8480/v1", "http://127.0.0.1:8480/v1"},
    {"http://127.0.0.1:8480/v1//", "http://127.0.0.1:8480/v1"},
    {"https://sandbox:8443/v1", "https://sandbox:8443/v1"},
    {"ftp://x/v1", NULL},
    {"https://", NULL},
    {"https:///v1", NULL},
    {"https://user@host/v1", NULL},
    {"https://host/v1?x", NULL},
    {"https://ho st/v1", NULL},
    {"", NULL},
};

Test(base_url, is_plain)
{
    for (size_t i = 0; i < array_length(bases); i++) {
        char url[BASE_URL_SIZE];
        struct fault fault;
        bool good = base_url_check(bases[i].setting, url, &fault);

        cr_expect_eq(good, bases[i].url != NULL, "'%s': got %d", bases[i].setting, good);
        if (good)
            cr_expect_str_eq(url, bases[i].url);
    }
}
