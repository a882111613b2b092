/* The inside of struct sandbox, for the modules that serve it. */
#ifndef SANDBOX_STATE_H
#define SANDBOX_STATE_H

#include "sandbox/fault_rules.h"
#include "sandbox/options.h"
#include "sandbox/s3_bucket.h"
#include "sandbox/sandbox.h"
#include "sandbox/stats.h"
#include "sandbox/store.h"
#include "sandbox/transcript.h"

struct sandbox {
    struct sandbox_options options;
    struct store store;
    struct stats stats;
    struct fault_rules faults;
    struct s3_bucket bucket;
    struct transcript *transcript; /* NULL: none is written */
    struct text seed;              /* the text of the last seed, for a reset */
};

#endif
