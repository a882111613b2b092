/*
 * Reading a whole list, page after page of 100, along links.next (API reference 3.1).
 */
#ifndef CLINIKO_LIST_H
#define CLINIKO_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/json.h"
#include "cliniko/client.h"

enum { LIST_PAGES_MAX = 20000 }; /* two million objects; beyond it the list is taken for one that never ends */

struct cliniko_list; /* a list under way */

/* One page's objects, borrowed. Returning false ends the list early, without a fault. An object may come twice when
 * others write at the same time: the caller goes by its id. */
typedef bool cliniko_page_fn(void *argument, const struct json *objects, int64_t total_entries);

/* The end; `fault` is NULL when all pages came or the page function ended it. */
typedef void cliniko_end_fn(void *argument, const struct fault *fault);

struct cliniko_list_request {
    const char *path;     /* with its filters, copied; per_page=100 is added */
    const char *array;    /* the member that holds the objects, "patients"; static */
    const char *action;   /* for the texts, "list patients"; static */
    int64_t not_after_ms; /* of every page's request, monotonic; 0 for no end */
    int attempts;         /* for each page while the fault is FAULT_RETRY, with growing pauses; 0 means 1 */
};

/* Starts a list. links.next is followed only below the client's own base URL: the key goes to no other host, and such a
 * link ends the list with FAULT_REFUSED. `end` is called once, in a later turn. The client must outlive the list. */
struct cliniko_list *cliniko_list_start(struct cliniko *client, const struct cliniko_list_request *request,
                                        cliniko_page_fn *page, cliniko_end_fn *end, void *argument);
void cliniko_list_cancel(struct cliniko_list **list); /* no callback any more */

#endif
