#include "db/seal.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

static char folder[] = "/tmp/handover-seal-XXXXXX";
static char path[64];
static char other_path[64];

static void make_folder(void)
{
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/key", folder);
    snprintf(other_path, sizeof other_path, "%s/other", folder);
}

static void remove_folder(void)
{
    unlink(path);
    unlink(other_path);
    cr_expect(rmdir(folder) == 0, "%s is not empty", folder);
}

TestSuite(seal, .init = make_folder, .fini = remove_folder, .timeout = 60);

static struct seal *open_seal(const char *file)
{
    struct fault fault = {0};
    struct seal *seal = NULL;

    cr_assert(seal_make_file(file, &fault), "%s", fault.text);
    cr_assert(seal_open_file(file, &seal, &fault), "%s", fault.text);
    return seal;
}

static void write_key(const char *content, mode_t mode)
{
    FILE *file = fopen(path, "w");

    cr_assert(file && fputs(content, file) >= 0 && fclose(file) == 0 && chmod(path, mode) == 0);
}

Test(seal, gives_back_what_was_sealed)
{
    char *longest = x_alloc(4097);
    const char *secrets[] = {"MS0xMjM0NTY3ODkw-au1", "", "x", longest};
    struct seal *seal = open_seal(path);

    memset(longest, 'k', 4096);
    for (size_t i = 0; i < array_length(secrets); i++) {
        unsigned char *sealed = NULL;
        char *secret = NULL;
        size_t size = 0;
        struct fault fault = {0};

        seal_close(seal, secrets[i], &sealed, &size);
        cr_assert(seal_reveal(seal, sealed, size, &secret, &fault), "secret %zu: %s", i, fault.text);
        cr_expect_str_eq(secret, secrets[i], "secret %zu came back changed", i);
        secret_free(&secret);
        cr_expect_null(secret);
        free(sealed);
    }
    free(longest);
    seal_destroy(&seal);
    cr_expect_null(seal);
}

Test(seal, makes_another_box_each_time)
{
    struct seal *seal = open_seal(path);
    unsigned char *one = NULL;
    unsigned char *other = NULL;
    size_t size = 0;

    seal_close(seal, "the same secret", &one, &size);
    seal_close(seal, "the same secret", &other, &size);
    cr_expect(memcmp(one, other, size) != 0, "two boxes are equal");
    cr_expect_null(memmem(one, size, "secret", 6), "the secret shows");
    free(one);
    free(other);
    seal_destroy(&seal);
}

Test(seal, refuses_another_key)
{
    struct seal *seal = open_seal(path);
    struct seal *other = open_seal(other_path);
    unsigned char *sealed = NULL;
    char *secret = NULL;
    size_t size = 0;
    struct fault fault = {0};

    seal_close(seal, "MS0xMjM0NTY3ODkw-au1", &sealed, &size);
    cr_expect(!seal_reveal(other, sealed, size, &secret, &fault));
    cr_expect_eq(fault.kind, FAULT_DENIED, "got %s, want denied", fault_kind_name(fault.kind));
    cr_expect(strstr(fault.text, "HANDOVER_SEAL_KEY_FILE"), "no hint: %s", fault.text);
    cr_expect_null(secret);
    free(sealed);
    seal_destroy(&other);
    seal_destroy(&seal);
}

Test(seal, refuses_a_box_that_was_damaged_anywhere)
{
    struct seal *seal = open_seal(path);
    unsigned char *sealed = NULL;
    char *secret = NULL;
    size_t size = 0;
    struct fault fault = {0};

    seal_close(seal, "secret", &sealed, &size);
    for (size_t i = 0; i < size; i++) {
        sealed[i] ^= 1;
        cr_expect(!seal_reveal(seal, sealed, size, &secret, &fault), "byte %zu may be changed", i);
        sealed[i] ^= 1;
    }
    for (size_t i = 0; i < size; i++)
        cr_expect(!seal_reveal(seal, sealed, i, &secret, &fault), "it may be cut to %zu bytes", i);
    cr_expect(!seal_reveal(seal, sealed, 1 << 20, &secret, &fault), "a size beyond all reason was believed");
    cr_expect_null(secret);
    free(sealed);
    seal_destroy(&seal);
}

Test(seal, key_file_is_made_once_and_for_its_owner)
{
    struct fault fault = {0};
    struct stat facts;
    char before[80] = "";
    char after[80] = "";
    FILE *file = NULL;

    umask(0);
    cr_assert(seal_make_file(path, &fault), "%s", fault.text);
    cr_assert_eq(stat(path, &facts), 0);
    cr_expect_eq(facts.st_mode & 0777, 0600, "got mode %o, want 600", facts.st_mode & 0777);
    cr_expect_eq(facts.st_size, 64, "got %ld bytes, want 64", (long)facts.st_size);
    file = fopen(path, "r");
    cr_assert(file && fgets(before, sizeof before, file));
    fclose(file);
    cr_expect(seal_make_file(path, &fault), "an existing file is fine: %s", fault.text);
    file = fopen(path, "r");
    cr_assert(file && fgets(after, sizeof after, file));
    fclose(file);
    cr_expect_str_eq(before, after, "the key was replaced");
}

Test(seal, key_file_that_cannot_be_used_is_refused)
{
    static const char good[] = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";
    static const struct {
        const char *what;
        const char *tail; /* after `cut` digits of the good key */
        int cut;
        mode_t mode;
        bool want;
    } cases[] = {
        {"a good one", "", 64, 0600, true},
        {"with a line feed", "\n", 64, 0600, true},
        {"readable by the group", "", 64, 0640, true},
        {"readable by all", "", 64, 0644, false},
        {"writable by all", "", 64, 0602, false},
        {"a digit short", "", 63, 0600, false},
        {"a digit too many", "0", 64, 0600, false},
        {"a digit that is none", "g", 63, 0600, false},
        {"a blank inside", " ", 63, 0600, false},
        {"empty", "", 0, 0600, false},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(string_free) char *content = x_sprintf("%.*s%s", cases[i].cut, good, cases[i].tail);
        struct seal *seal = NULL;
        struct fault fault = {0};

        write_key(content, cases[i].mode);
        cr_expect_eq(seal_open_file(path, &seal, &fault), cases[i].want, "%s: got %d (%s)", cases[i].what,
                     !cases[i].want, fault.text);
        if (!cases[i].want) {
            cr_expect_eq(fault.kind, FAULT_BAD_INPUT, "%s: got %s", cases[i].what, fault_kind_name(fault.kind));
            cr_expect(strstr(fault.text, path), "%s: the file is not named: %s", cases[i].what, fault.text);
            cr_expect(!strstr(fault.text, "00112233"), "%s: the key is in the text", cases[i].what);
        }
        seal_destroy(&seal);
    }
}

Test(seal, key_file_that_is_missing_is_named)
{
    struct seal *seal = NULL;
    struct fault fault = {0};

    cr_expect(!seal_open_file(path, &seal, &fault));
    cr_expect_eq(fault.kind, FAULT_BAD_INPUT, "got %s", fault_kind_name(fault.kind));
    cr_expect(strstr(fault.text, path), "the file is not named: %s", fault.text);
    cr_expect(!seal_make_file("/nonexistent/folder/key", &fault));
    cr_expect_eq(fault.kind, FAULT_BAD_INPUT, "got %s", fault_kind_name(fault.kind));
}
