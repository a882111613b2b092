/* Medical alerts (API reference 5.17). */
#ifndef SANDBOX_MEDICAL_ALERTS_H
#define SANDBOX_MEDICAL_ALERTS_H

#include "sandbox/schema.h"

enum alert_field {
    ALERT_NAME = RECORD_OWN,
    ALERT_PATIENT,
    ALERT_FIELDS,
};

#endif
