/* What FreeTDS and SQL Server report, as faults that say what to do. */
#ifndef SOURCE_TDS_FAULT_H
#define SOURCE_TDS_FAULT_H

#include <stdbool.h>

#include "base/fault.h"
#include "source/tds_url.h"

enum { TDS_MESSAGE_SIZE = 200 };

/* The first error of a call; later ones follow from it. */
struct tds_trouble {
    int server;   /* number of the server's message, 0: none */
    int severity; /* of it; from 20 on the server breaks the connection */
    int library;  /* db-lib's number, SYBE…; 0: none */
    int system;   /* errno behind it */
    char message[TDS_MESSAGE_SIZE];
};

/* Always returns false. Server messages that may hold values of rows are told by their number only. */
bool tds_fault(const struct tds_trouble *trouble, const struct tds_url *url, struct fault *fault);

/* The same for a connection that could not be made. `encrypt`: TLS was demanded. */
bool tds_fault_login(const struct tds_trouble *trouble, const struct tds_url *url, bool encrypt, struct fault *fault);

#endif
