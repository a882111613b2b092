/* What the files of the kind "attachments" share. */
#ifndef WORKERS_ATTACHMENT_PARTS_H
#define WORKERS_ATTACHMENT_PARTS_H

#include <stdbool.h>

#include "cliniko/client.h"
#include "cliniko/upload.h"
#include "workers/attachment_search.h"
#include "workers/documents.h"
#include "workers/sender.h"

/* The files of a job. */
struct attachments {
    struct source *source;            /* borrowed; NULL until it is needed */
    char *stopped;                    /* why no further file is sent; NULL: they are */
    struct attachment_search *search; /* for what is in doubt; NULL: none is under way */
    bool singly;                      /* a list for several records at once was refused or too long */
};

/* Does the file store take anything at all? */
enum probe {
    PROBE_NONE,
    PROBE_DUE,
    PROBE_DONE, /* it does */
};

/* The way of one record; the item's `staged`. */
struct transit {
    struct item *item;
    struct json *payload;
    struct documents *documents;
    bool present[DOCUMENTS_MOST]; /* is in Cliniko */
    bool asked;                   /* which files are there; asked when there is more than one */
    size_t file;                  /* the one on its way */
    struct cliniko_call *call;
    struct attachment_search *search;
    struct upload_post *post;
    struct document_bytes *bytes;
    struct upload *upload;
    char *upload_url;
    int refusals; /* by S3 */
    int reposts;  /* since Cliniko did not find the object */
    int breaks;   /* uploads that broke off, or S3 was away */
    enum probe probe;
    bool probe_read;
    int short_posts;
    char *problem; /* the record fails with it */
};

/* Brings the first of the record's files that is not in Cliniko. */
void attachment_next_file(struct transit *transit);

/* A file beside the record's own is in Cliniko: verification asks for it by this id. */
void attachment_note_accepted(struct item *item, const char *part, const char *cliniko_id);

/* A record with several files may be half there, from this transfer or an earlier one: what is not there is brought. */
void attachment_ask_what_is_there(struct transit *transit);

/* The look_up of the sender (sender.h), for as many records as one list can answer for. */
void attachment_look_up(struct item *first);

#endif
