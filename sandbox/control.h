/* The control plane of tests: /__health, /__stats, /__notifications, /__faults, /__limit, /__reset. No key; loopback
 * only. */
#ifndef SANDBOX_CONTROL_H
#define SANDBOX_CONTROL_H

#include "sandbox/state.h"
#include "sandbox/target.h"

void control_answer(struct sandbox *sandbox, const struct request *request, const struct target *target, int64_t now_ms,
                    struct answer *answer);

#endif
