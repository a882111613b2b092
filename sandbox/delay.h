/*
 * Things to do at a later microsecond: held answers and late commits. One timer of the system for all of them; the
 * loop's own timers count in milliseconds, which at 20 ms of latency would cost a twentieth of the throughput.
 */
#ifndef SANDBOX_DELAY_H
#define SANDBOX_DELAY_H

#include <stdint.h>

#include "base/fault.h"
#include "base/loop.h"

struct delays;

typedef void delay_fn(void *argument);

/* `after_batch` is called whenever some were due, once they have run. */
MUST_CHECK bool delays_open(struct loop *loop, delay_fn *after_batch, void *argument, struct delays **ret,
                            struct fault *fault);
void delays_close(struct delays **delays); /* forgets what is not due */

void delays_add(struct delays *delays, int64_t after_ms, delay_fn *run, void *argument);

/* Runs all of them now, those too that they add. */
void delays_flush(struct delays *delays);

#endif
