/*
 * Sealing of API keys at rest: XSalsa20-Poly1305 (libsodium's secretbox) under a 32-byte key from a file. The database
 * holds only the sealed form; the opened key lives in memory that is locked, wiped and kept out of core dumps.
 */
#ifndef DB_SEAL_H
#define DB_SEAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

struct seal;

/* Reads the sealing key: 64 hexadecimal digits in a file that only its owner can read. */
MUST_CHECK bool seal_open_file(const char *path, struct seal **ret, struct fault *fault);

/* A fresh sealing key in a new file with mode 0600; an existing file is left as it is. */
MUST_CHECK bool seal_make_file(const char *path, struct fault *fault);
void seal_destroy(struct seal **seal);

/* Nonce and box of a secret; the caller frees *ret with free(). */
void seal_close(const struct seal *seal, const char *secret, unsigned char **ret, size_t *ret_size);

/* The secret as a string in locked memory; release it with secret_free. FAULT_DENIED when the key does not fit. */
MUST_CHECK bool seal_reveal(const struct seal *seal, const unsigned char *sealed, size_t size, char **ret,
                            struct fault *fault);
void secret_free(char **secret);

#endif
