/*
 * Paths and queries of Cliniko's API, percent-encoded by RFC 3986. A path starts below the base URL: "/patients".
 */
#ifndef CLINIKO_PATH_H
#define CLINIKO_PATH_H

#include <stdbool.h>

#include "base/text.h"

#define PATH_USER                    "/user"
#define PATH_USERS                   "/users"
#define PATH_SETTINGS_PUBLIC         "/settings/public"
#define PATH_PRACTITIONERS           "/practitioners"
#define PATH_PRACTITIONERS_INACTIVE  "/practitioners/inactive"
#define PATH_BUSINESSES              "/businesses"
#define PATH_APPOINTMENT_TYPES       "/appointment_types"
#define PATH_PATIENTS                "/patients"
#define PATH_INDIVIDUAL_APPOINTMENTS "/individual_appointments"
#define PATH_ATTENDEES               "/attendees"
#define PATH_TAXES                   "/taxes"
#define PATH_CONCESSION_TYPES        "/concession_types"
#define PATH_PRODUCT_SUPPLIERS       "/product_suppliers"
#define PATH_PRODUCTS                "/products"
#define PATH_BILLABLE_ITEMS          "/billable_items"
#define PATH_CONTACTS                "/contacts"
#define PATH_MEDICAL_ALERTS          "/medical_alerts"
#define PATH_COMMUNICATIONS          "/communications"
#define PATH_UNAVAILABLE_BLOCKS      "/unavailable_blocks"
#define PATH_TREATMENT_NOTES         "/treatment_notes"
#define PATH_PATIENT_ATTACHMENTS     "/patient_attachments"

enum {
    PATH_SIZE_MAX = 8000, /* longest path with its query, in bytes */
    PATH_IDS_MAX = 100,   /* ids in one `:=a,b,c` filter: as many as a page holds (API reference 5.14) */
    PATH_IDS_SAFE = 50,   /* the same where the service refuses the longer list (API reference 3.2, 11) */
};

/* Appends "/attendees/123" or "/individual_appointments/123/cancel"; `verb` may be NULL. The id must be valid
 * (object.h). */
void path_put_object(struct text *path, const char *collection, const char *id, const char *verb);

/* Appends one filter, `?q%5B%5D=…` or `&q%5B%5D=…`: field, ':', operator and value, encoded whole (API reference 3.3).
 * path_put_filter(&path, "archived_at", "*", "") asks for archived objects as well. */
void path_put_filter(struct text *path, const char *field, const char *operator, const char * value);

/* Appends a plain parameter: path_put_parameter(&path, "per_page", "100"). */
void path_put_parameter(struct text *path, const char *name, const char *value);

/* Percent-encodes everything but ASCII letters, digits and -._~ */
void percent_encode(struct text *out, struct slice text);

#endif
