/* Users of an account, read-only (API reference 5.3). */
#ifndef SANDBOX_USERS_H
#define SANDBOX_USERS_H

#include "sandbox/schema.h"

enum user_field {
    USER_ACTIVE = RECORD_OWN,
    USER_EMAIL,
    USER_FIRST_NAME,
    USER_LAST_NAME,
    USER_PHONE_NUMBERS,
    USER_ROLE,
    USER_TIME_ZONE,
    USER_TIME_ZONE_IDENTIFIER,
    USER_TITLE,
    USER_FIELDS,
};

#endif
