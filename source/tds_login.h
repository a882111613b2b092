/* What db-lib needs to connect: a login, and a configuration of its own, so that none of the machine has a say. */
#ifndef SOURCE_TDS_LOGIN_H
#define SOURCE_TDS_LOGIN_H

#include <stdbool.h>
#include <sybdb.h>

#include "base/fault.h"
#include "source/tds_url.h"

enum { TDS_LOGIN_TIMEOUT_S = 20 };

/* What the configuration calls the server, for dbopen. */
extern const char tds_login_server[];

/* Makes the login; the caller frees it with dbloginfree. `encrypt`: a connection without TLS, or with a certificate
 * that is not of the CA file, fails; otherwise TLS is used where the server insists. FAULT_BAD_INPUT when the
 * password's file or the CA file cannot be read. */
MUST_CHECK bool tds_login_new(const struct tds_url *url, bool encrypt, LOGINREC **ret, struct fault *fault);

#endif
