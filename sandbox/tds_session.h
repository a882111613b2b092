/* One connection to the stand-in SQL Server, from PRELOGIN to its end. */
#ifndef SANDBOX_TDS_SESSION_H
#define SANDBOX_TDS_SESSION_H

#include "sandbox/tds_server.h"
#include "sandbox/tds_tls.h"

/* Serves the connection until the client or a fault that was ordered ends it. `tls`: NULL for none. */
void tds_session_serve(const struct tds_server_options *options, const struct tds_tls *tls, int connection,
                       int64_t number);

#endif
