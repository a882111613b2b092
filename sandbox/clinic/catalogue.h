/* The small tables, which are the same whatever the seed: places, people who work there, prices, referrers. */
#ifndef SANDBOX_CLINIC_CATALOGUE_H
#define SANDBOX_CLINIC_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

struct location {
    int id;
    const char *name;
    const char *address;
    const char *suburb;
    const char *state;
    const char *post_code;
    const char *phone;
    const char *zone;      /* IANA */
    const char *zone_name; /* as Cliniko shows it */
};

struct practitioner {
    int id;
    int location_id; /* 0: works at all of them */
    const char *title;
    const char *first_name;
    const char *surname;
    const char *short_name;
    const char *profession;
    const char *email;
    const char *provider_number;
    bool active;
};

struct appointment_type {
    int id;
    const char *name;
    int duration_min;
    int colour; /* blue, green, red: the byte order of Windows */
    int service_id;
    bool active;
};

extern const struct location catalogue_locations[];
extern const struct practitioner catalogue_practitioners[];
extern const struct appointment_type catalogue_types[];
enum { LOCATION_COUNT = 2, PRACTITIONER_COUNT = 3, APPOINTMENT_TYPE_COUNT = 7, REFERRER_COUNT = 9 };
enum { FEE_CATEGORY_COUNT = 6, HEALTH_FUND_COUNT = 5 };

/* Tells when the practitioner who left did so. */
int64_t day_of_leaving(int64_t today);

MUST_CHECK bool catalogue_write(const char *folder, int64_t today, struct fault *fault);

#endif
