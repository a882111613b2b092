/*
 * A clinic's API key and web address, as people paste them. Host names are built from the checked shard only: the rest
 * of a key is opaque, and no text from a user ever names a host (API reference 1.1). The key's memory is wiped when it
 * goes.
 */
#ifndef CLINIKO_KEY_H
#define CLINIKO_KEY_H

#include <stdbool.h>

#include "base/fault.h"

enum {
    KEY_SIZE_MAX = 512, /* longest key in bytes */
    SHARD_SIZE = 5,     /* two letters, one or two digits, NUL */
    SUBDOMAIN_SIZE = 64,
    BASE_URL_SIZE = 256,
};

struct key;

/* Reads a pasted key: blanks around it are dropped, the shard is what follows the last '-' (two letters, one or two
 * digits; made lower case), and a key without '-' belongs to au1. FAULT_BAD_INPUT never quotes the key. */
MUST_CHECK bool key_parse(const char *pasted, struct key **ret, struct fault *fault);
void key_destroy(struct key **key); /* wipes it */

const char *key_text(const struct key *key);  /* a secret: for the Authorization header and the sealed store only */
const char *key_shard(const struct key *key); /* "au1" */

/* Writes the base URL of every request of this key, "https://api.au1.cliniko.com/v1". */
void key_base_url(const struct key *key, char ret[BASE_URL_SIZE]);

/* The address of a clinic's Cliniko, https://<subdomain>.<shard>.cliniko.com. */
struct clinic_url {
    char subdomain[SUBDOMAIN_SIZE]; /* lower case */
    char shard[SHARD_SIZE];
};

/* Reads a pasted address; a path behind the host is accepted and ignored. Refuses http, other hosts, look-alikes, ports
 * and user names (FAULT_BAD_INPUT). */
MUST_CHECK bool clinic_url_parse(const char *pasted, struct clinic_url *ret, struct fault *fault);

/* Refuses a key of another shard than the address names (FAULT_BAD_INPUT). */
MUST_CHECK bool clinic_url_agrees(const struct clinic_url *url, const struct key *key, struct fault *fault);

/* Checks a base URL from the server's own settings (never from a user), for example http://127.0.0.1:8480/v1, and
 * copies it without a trailing slash; one without a path gets "/v1". Plain http is meant for a sandbox on the same
 * machine. */
MUST_CHECK bool base_url_check(const char *setting, char ret[BASE_URL_SIZE], struct fault *fault);

#endif
