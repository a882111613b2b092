#include "model/entity.h"

#include <string.h>

#include "base/must.h"

static const struct entity_facts table[ENTITY_COUNT] = {
    [ENTITY_BUSINESS] = {.name = "business", .plural = "locations"},
    [ENTITY_PRACTITIONER] = {.name = "practitioner", .plural = "practitioners"},
    [ENTITY_APPOINTMENT_TYPE] = {.name = "appointment_type",
                                 .plural = "appointment types",
                                 .kind = "catalogue",
                                 .phase = 1},
    [ENTITY_PATIENT] = {.name = "patient", .plural = "patients", .kind = "patients", .phase = 2},
    [ENTITY_APPOINTMENT] = {.name = "appointment",
                            .plural = "appointments",
                            .kind = "appointments",
                            .phase = 3,
                            .parent = "patient",
                            .parent_entity = ENTITY_PATIENT},
    [ENTITY_ATTENDANCE] = {.name = "attendance",
                           .plural = "attendances",
                           .kind = "appointments",
                           .phase = 4,
                           .parent = "appointment",
                           .parent_entity = ENTITY_APPOINTMENT},
    [ENTITY_CANCELLATION] = {.name = "cancellation",
                             .plural = "cancellations",
                             .kind = "appointments",
                             .phase = 4,
                             .parent = "appointment",
                             .parent_entity = ENTITY_APPOINTMENT},
    [ENTITY_ARCHIVAL] = {.name = "archival",
                         .plural = "archivals",
                         .kind = "patients",
                         .phase = 5,
                         .parent = "patient",
                         .parent_entity = ENTITY_PATIENT},
};

const struct entity_facts *entity_facts(enum entity entity)
{
    must(entity < ENTITY_COUNT);
    return &table[entity];
}

bool entity_find(const char *name, enum entity *ret)
{
    for (int i = 0; i < ENTITY_COUNT; i++) {
        if (strcmp(table[i].name, name) == 0) {
            *ret = (enum entity)i;
            return true;
        }
    }
    return false;
}
