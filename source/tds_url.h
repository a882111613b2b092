/*
 * The address of a live SQL Server database: mssql://user@host:1433/database, with "?encrypt=require" and "?timeout=60"
 * behind it when need be. It never holds a password: addresses are stored with a transfer and seen in lists of
 * processes.
 */
#ifndef SOURCE_TDS_URL_H
#define SOURCE_TDS_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/text.h"

struct tds_url {
    char *user; /* "DOMAIN\name" for a Windows account */
    char *host;
    char *database;
    int64_t port;
    int64_t timeout_s; /* how long the server may be silent */
    bool must_encrypt; /* no connection rather than a plain one */
};

/* Whether the text is meant as such an address, right or wrong. */
bool tds_url_recognise(const char *text);

/* Reads an address. In user and database a character may stand as % and two hexadecimal digits. FAULT_BAD_INPUT says
 * what is wrong, and never quotes what may be a password. */
MUST_CHECK bool tds_url_parse(const char *text, struct tds_url **ret, struct fault *fault);
void tds_url_destroy(struct tds_url **url);

/* Appends the address in full, as tds_url_parse reads it. */
void tds_url_put(const struct tds_url *url, struct text *out);

#endif
