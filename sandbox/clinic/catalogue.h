/* The small tables, which are the same whatever the seed: places, people who work there, prices, referrers. */
#ifndef SANDBOX_CLINIC_CATALOGUE_H
#define SANDBOX_CLINIC_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "sandbox/clinic/clinic.h"

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
    int group_id;
    int location_id; /* 0: works at all of them */
    const char *title;
    const char *first_name;
    const char *surname;
    const char *short_name;
    const char *profession;
    const char *email;
    const char *provider_number;
    bool active;
    int left_days; /* before the day of the export; 0: still here */
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
enum { LOCATION_COUNT = 3, PRACTITIONER_COUNT = 5, APPOINTMENT_TYPE_COUNT = 8 };

/* The first two locations are where people go; the third one is visited now and then. */
enum { MAIN_LOCATION_COUNT = 2 };
enum { FEE_CATEGORY_COUNT = 6, HEALTH_FUND_COUNT = 5, REFERRER_COUNT = 11, NOTE_TEMPLATE_COUNT = 3 };
enum { SERVICE_COUNT = 8, PRODUCT_COUNT = 12, USER_COUNT = 6 };

/* On which day the practitioner left; DAY_NONE for one who is still here. A short history ends earlier. */
int64_t day_of_leaving(const struct practitioner *one, const struct clinic_options *options);

/* "Surname, Title First" of a referrer, and the price of a service and a product in hundredths. */
const char *catalogue_doctor(int referrer_id);
int64_t catalogue_service_price(int service_id);
int64_t catalogue_product_price(int product_id);

/* Writes DbVersion, PracticeGroup, Location, Practitioner, ProviderNumber, NoteTemplate, AppUser, AppointmentType. */
MUST_CHECK bool catalogue_write(const struct clinic_options *options, struct fault *fault);

/* Writes FeeCategory, HealthFund, Service, ServicePrice, Supplier, Product, Referrer. */
MUST_CHECK bool prices_write(const struct clinic_options *options, struct fault *fault);

#endif
