/* Loads accounts, users, keys and records from a seed file; its form is described in docs/sandbox.md. */
#ifndef SANDBOX_SEED_H
#define SANDBOX_SEED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/text.h"
#include "sandbox/options.h"
#include "sandbox/stats.h"
#include "sandbox/store.h"

/* The fault names the row and the field: "accounts[0].patients[3].email: is invalid". After a fault the store is to be
 * released. */
MUST_CHECK bool seed_load(struct store *store, const struct sandbox_options *options, struct stats *stats,
                          struct slice json, int64_t now_ms, struct fault *fault);

#endif
