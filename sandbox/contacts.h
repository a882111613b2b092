/* Contacts: referrers, doctors, payers (API reference 5.11). */
#ifndef SANDBOX_CONTACTS_H
#define SANDBOX_CONTACTS_H

#include <stdbool.h>

#include "sandbox/record.h"

/* Only a doctor can be a patient's referring doctor. */
bool contact_is_doctor(const struct record *contact);

#endif
