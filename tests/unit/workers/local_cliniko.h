/* The local Cliniko with its S3, serving in the loop of a test. */
#ifndef TEST_LOCAL_CLINIKO_H
#define TEST_LOCAL_CLINIKO_H

#include <stdint.h>

#include "base/json.h"
#include "base/loop.h"
#include "sandbox/options.h"

struct local_cliniko;

/* With one account, whose key is "main-au1", and one patient of the id "505". */
struct local_cliniko *local_cliniko_open(struct loop *loop, const struct sandbox_options *options);
void local_cliniko_close(struct local_cliniko **cliniko);

const char *local_cliniko_url(const struct local_cliniko *cliniko); /* "http://127.0.0.1:40123" */

/* Replaces the fault rules (docs/sandbox.md). */
void local_cliniko_faults(struct local_cliniko *cliniko, const char *rules);

/* What the control plane answers to GET, "/__files" for example. Valid until the next call. */
const struct json *local_cliniko_ask(struct local_cliniko *cliniko, const char *target);

/* How many requests a route has answered: "POST /v1/patients". */
int64_t local_cliniko_requests(struct local_cliniko *cliniko, const char *route);

#endif
