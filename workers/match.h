/* Matching by name: which practitioner or location of Cliniko a source record means. Pure. */
#ifndef WORKERS_MATCH_H
#define WORKERS_MATCH_H

#include <stdbool.h>
#include <stddef.h>

struct match_candidate {
    char *id;
    char *names[3];  /* names under which it is known; NULL entries are passed over */
    char *time_zone; /* IANA name; NULL for what has none */
};

struct match_list {
    struct match_candidate *items;
    size_t count;
    size_t room;
};

enum match_result { MATCH_NONE, MATCH_ONE, MATCH_SEVERAL };

/* Adds a candidate; NULL names are passed over. */
void match_add(struct match_list *list, const char *id, const char *time_zone, const char *const names[3]);
void match_release(struct match_list *list);

/* The one candidate whose id equals `wanted`, or one of whose names equals it when white space and letter case are left
 * out of account. *ret_index is set for MATCH_ONE. */
enum match_result match_find(const struct match_list *list, const char *wanted, size_t *ret_index);

/* How many candidates match_find would have to choose from. */
size_t match_count(const struct match_list *list, const char *wanted);

/* The candidate that comes nearest to a name that none has: most of its words, or their initials. False when no word is
 * alike. */
bool match_propose(const struct match_list *list, const char *wanted, size_t *ret_index);

#endif
