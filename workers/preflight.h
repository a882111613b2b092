/* What the files of the preflight share. */
#ifndef WORKERS_PREFLIGHT_H
#define WORKERS_PREFLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "cliniko/list.h"
#include "cliniko/object.h"
#include "db/record.h"
#include "workers/job.h"
#include "workers/match.h"

struct keys;

struct preflight_tax {
    char id[ID_SIZE];
    char *name;
    double rate;
};

/* A practitioner or location of the old system of whom it is not sure yet who of Cliniko's stands for them. */
struct preflight_open {
    enum entity entity;
    char *key;
    char *name;
    char *answer;     /* what was answered and is not there, or fits several; NULL when nothing was */
    bool leave;       /* its appointments stay behind */
    bool several;     /* the answer, or the name, fits several */
    bool inactive;    /* works at the clinic no longer */
    size_t namesakes; /* of the old system, with itself */
    bool settled;     /* there is a match after all, and nothing to ask */
    char *same;       /* id of the one in Cliniko who has the same name; NULL for none */
    int64_t ordinal;
    int64_t appointments;
};

struct preflight {
    size_t step;
    struct cliniko_call *call;
    struct cliniko_list *list;
    struct keys *keys; /* whose owners are asked for */
    char user_id[ID_SIZE];
    bool is_practitioner;
    bool lacks_mobile;    /* the key's user, as far as Cliniko shows it */
    char own_id[ID_SIZE]; /* of the key's user as a practitioner */
    struct match_list practitioners;
    struct match_list businesses;
    struct preflight_tax *taxes;
    size_t tax_count;
    int64_t staged[ENTITY_COUNT];
    enum entity counting; /* of which the account's own are counted */
    int64_t existing;     /* objects of that entity in the account */
    struct text others;   /* "12 patients, 3 contacts": there, and not brought by us */
    struct fault list_fault;
    struct text findings; /* one sentence each, separated by blanks */
    struct record_outcome *matched;
    size_t matched_count;
    struct preflight_open *open;
    size_t open_count;
};

/* Adds a sentence to what stops the transfer. */
void preflight_find(struct preflight *preflight, const char *format, ...) PRINTF_LIKE(2, 3);

/* True when the job is over and the step must not go on. */
bool preflight_is_over(struct job *job, const struct fault *fault);

/* Goes on with the next step. */
void preflight_proceed(struct job *job);

/* Adds a match to those that are written down at the end of the matching. */
void preflight_add_match(struct preflight *preflight, int64_t ordinal, const char *id);

/* The steps that match what is only matched: practitioners, locations and taxes. The first takes back what an earlier
 * look decided: answers may have come in between. */
void preflight_begin_matching(struct job *job);
void preflight_match_businesses(struct job *job);
void preflight_match_practitioners(struct job *job);
void preflight_match_taxes(struct job *job);
void preflight_write_matches(struct job *job);

/* The steps that ask: how much depends on what has no match, what is left behind by choice, what is still open. The
 * last one holds the transfer and ends the job when something is. */
void preflight_count_practitioners(struct job *job);
void preflight_count_businesses(struct job *job);
void preflight_leave_practitioners(struct job *job);
void preflight_leave_businesses(struct job *job);
void preflight_leave_walk_ins(struct job *job);
void preflight_ask(struct job *job);

/* The step that compares the zones in which times were read with those of Cliniko's locations. */
void preflight_check_zones(struct job *job);

#endif
