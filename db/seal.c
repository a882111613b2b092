#include "db/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/must.h"

enum { HEX_SIZE = 2 * crypto_secretbox_KEYBYTES, SECRET_MAX = 4096 };

struct seal {
    unsigned char key[crypto_secretbox_KEYBYTES];
};

static bool start(struct fault *fault)
{
    return sodium_init() >= 0 || fault_set(fault, FAULT_INTERNAL, "libsodium does not start on this machine.");
}

bool seal_open_file(const char *path, struct seal **ret, struct fault *fault)
{
    char hex[HEX_SIZE + 2] = "";
    scoped(descriptor_close) int file = -1;
    scoped(seal_destroy) struct seal *seal = NULL;
    struct stat facts;
    ssize_t got = 0;
    size_t size = 0;

    if (!start(fault))
        return false;
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &facts) != 0)
        return fault_errno(fault, FAULT_BAD_INPUT, "cannot read the sealing key %s", path);
    if (facts.st_mode & 007)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "The sealing key %s can be read by every user of this machine: chmod 600 it.", path);
    got = read(file, hex, sizeof hex);
    seal = sodium_malloc(sizeof *seal);
    must(seal);
    if (got < HEX_SIZE || sodium_hex2bin(seal->key, sizeof seal->key, hex, HEX_SIZE, NULL, &size, NULL) != 0 ||
        size != sizeof seal->key || (got > HEX_SIZE && hex[HEX_SIZE] != '\n')) {
        sodium_memzero(hex, sizeof hex);
        return fault_set(fault, FAULT_BAD_INPUT, "The sealing key %s does not hold 64 hexadecimal digits.", path);
    }
    sodium_memzero(hex, sizeof hex);
    *ret = steal(seal);
    return true;
}

bool seal_make_file(const char *path, struct fault *fault)
{
    unsigned char key[crypto_secretbox_KEYBYTES];
    char hex[HEX_SIZE + 1];
    scoped(descriptor_close) int file = -1;
    bool written = false;

    if (!start(fault))
        return false;
    file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return errno == EEXIST || fault_errno(fault, FAULT_BAD_INPUT, "cannot make the sealing key %s", path);
    randombytes_buf(key, sizeof key);
    sodium_bin2hex(hex, sizeof hex, key, sizeof key);
    written = write(file, hex, HEX_SIZE) == HEX_SIZE && fsync(file) == 0;
    sodium_memzero(key, sizeof key);
    sodium_memzero(hex, sizeof hex);
    if (written)
        return true;
    fault_errno(fault, FAULT_BAD_INPUT, "cannot write the sealing key %s", path);
    unlink(path);
    return false;
}

void seal_destroy(struct seal **seal)
{
    sodium_free(*seal);
    *seal = NULL;
}

void seal_close(const struct seal *seal, const char *secret, unsigned char **ret, size_t *ret_size)
{
    size_t length = strlen(secret);

    must(length <= SECRET_MAX);
    *ret_size = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + length;
    *ret = x_alloc(*ret_size);
    randombytes_buf(*ret, crypto_secretbox_NONCEBYTES);
    must(crypto_secretbox_easy(*ret + crypto_secretbox_NONCEBYTES, (const unsigned char *)secret, length, *ret,
                               seal->key) == 0);
}

bool seal_reveal(const struct seal *seal, const unsigned char *sealed, size_t size, char **ret, struct fault *fault)
{
    size_t head = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
    char *secret = NULL;

    if (size < head || size > head + SECRET_MAX)
        return fault_set(fault, FAULT_DENIED, "The sealed API key in the database is damaged: enter it again.");
    secret = sodium_malloc(size - head + 1);
    must(secret);
    secret[size - head] = '\0';
    if (crypto_secretbox_open_easy((unsigned char *)secret, sealed + crypto_secretbox_NONCEBYTES,
                                   size - crypto_secretbox_NONCEBYTES, sealed, seal->key) != 0) {
        sodium_free(secret);
        return fault_set(fault, FAULT_DENIED,
                         "The API key in the database was sealed with another key: give every "
                         "program the same HANDOVER_SEAL_KEY_FILE, or enter the API key again.");
    }
    *ret = secret;
    return true;
}

void secret_free(char **secret)
{
    sodium_free(*secret);
    *secret = NULL;
}
