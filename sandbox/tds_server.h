/*
 * A stand-in for a SQL Server, so that whoever reads one can be tried without one: TDS 7.2 to 7.4, one process a
 * connection, rows of a CSV export with the types of the reference schema. With a certificate it offers TLS. Faults can
 * be ordered: cut connections, slow rows, errors by their number.
 */
#ifndef SANDBOX_TDS_SERVER_H
#define SANDBOX_TDS_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "sandbox/tds_store.h"

struct tds_server_options {
    const char *address; /* "127.0.0.1:1433"; port 0 takes a free one */
    const struct tds_store *store;
    const char *user;
    const char *password;
    const char *database;
    const char *statements;  /* file to which every login and statement is appended; NULL for none */
    int64_t cut_after_bytes; /* a connection ends after so many bytes of replies; -1: never */
    int64_t cut_connection;  /* the number of the connection that is cut, from 1; 0: each */
    unsigned row_delay_ms;
    int error;                   /* number of an error that statements get; 0: none */
    const char *error_word;      /* those that hold this text; "login": the login gets it */
    const char *tls_certificate; /* PEM file; NULL: no encryption */
    const char *tls_key;
    bool tls_required; /* no connection without TLS for all of it */
    bool old;          /* answers as SQL Server 2000 does */
};

struct tds_server;

/* Reads the certificate, binds and listens. The options are borrowed. */
MUST_CHECK bool tds_server_open(const struct tds_server_options *options, struct tds_server **ret, struct fault *fault);
void tds_server_close(struct tds_server **server);
int tds_server_port(const struct tds_server *server);

/* Serves until the process is told to end; its children end with it. */
void tds_server_run(struct tds_server *server) __attribute__((noreturn));

#endif
