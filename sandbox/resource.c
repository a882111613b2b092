#include "sandbox/resource.h"

#include <string.h>

const struct resource *const resources[RESOURCE_COUNT] = {
    [RESOURCE_USERS] = &user_resource,
    [RESOURCE_BUSINESSES] = &business_resource,
    [RESOURCE_PRACTITIONERS] = &practitioner_resource,
    [RESOURCE_APPOINTMENT_TYPES] = &appointment_type_resource,
    [RESOURCE_PATIENTS] = &patient_resource,
    [RESOURCE_APPOINTMENTS] = &appointment_resource,
    [RESOURCE_ATTENDEES] = &attendee_resource,
};

enum resource_kind resource_find(const char *collection)
{
    for (int i = 0; i < RESOURCE_COUNT; i++)
        if (strcmp(resources[i]->schema->collection, collection) == 0)
            return (enum resource_kind)i;
    return RESOURCE_COUNT;
}
