/*
 * What people call the columns of a clinic's tables, in English, French, Spanish and German.
 */
#ifndef SOURCE_DRAFT_WORDS_H
#define SOURCE_DRAFT_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* What a column may be for; beyond the fields of records there are keys, whole names and times of day. */
enum meaning {
    MEANING_PATIENT_KEY,
    MEANING_FIRST_NAME,
    MEANING_LAST_NAME,
    MEANING_FULL_NAME,
    MEANING_TITLE,
    MEANING_PREFERRED_NAME,
    MEANING_BIRTH,
    MEANING_SEX,
    MEANING_EMAIL,
    MEANING_ADDRESS_1,
    MEANING_ADDRESS_2,
    MEANING_CITY,
    MEANING_STATE,
    MEANING_POST_CODE,
    MEANING_COUNTRY,
    MEANING_PHONE_MOBILE,
    MEANING_PHONE_WORK,
    MEANING_PHONE_FAX,
    MEANING_PHONE_HOME,
    MEANING_MEDICARE,
    MEANING_MEDICARE_REFERENCE,
    MEANING_DVA,
    MEANING_OCCUPATION,
    MEANING_EMERGENCY,
    MEANING_NOTES,
    MEANING_ARCHIVED,
    MEANING_APPOINTMENT_KEY,
    MEANING_PRACTITIONER,
    MEANING_BUSINESS,
    MEANING_APPOINTMENT_TYPE,
    MEANING_STARTS,
    MEANING_TIME,
    MEANING_ENDS,
    MEANING_DURATION,
    MEANING_ATTENDANCE,
    MEANING_CANCELLED,
    MEANING_DELETED,
    MEANING_BODY,
    MEANING_CONTENT,
    MEANING_FILE_NAME,
    MEANING_COMPANY,
    MEANING_REFERRER,
    MEANING_COUNT,
};

/* The words of a header: lower case, without accents, one blank between them and around; "Date de naissance",
 * "DateOfBirth" and "date_of_birth" alike. */
void words_of(const char *name, struct text *ret);

/* How well the words fit the meaning, 0 for not at all to 100 for exactly. *ret_language names the language of the
 * phrase that fits. */
int words_fit(const char *words, enum meaning meaning, const char **ret_language);

/* True when the words of a table's name or of a header speak of practitioners; of patients. */
bool words_name_practitioners(const char *words);
bool words_name_patients(const char *words);

/* What a table is for, by its name. */
enum table_role {
    ROLE_NONE,
    ROLE_PATIENTS,
    ROLE_PRACTITIONERS,
    ROLE_APPOINTMENTS,
    ROLE_NOTES,
    ROLE_FILES,
    ROLE_CONTACTS,
    ROLE_OTHER, /* what is known to be none of these: accounts, users, diagrams, stock */
};

/* *ret_alone: the name says nothing else ("tblPatients", not "patient email"). */
enum table_role words_role(const char *words, bool *ret_alone);

/* The name of one of what the table holds, without "tbl" and the like: "patient" for " tbl patients ". */
void words_stem(const char *words, char *ret, size_t room);

/* True when the header ends as those of keys do: id, no, number, nr, code, key. */
bool words_end_as_key(const char *words);

/* "Female" or "Male" for the usual codes and words of sex, in any of the languages; NULL for others. */
const char *words_sex(struct slice value);

/* "arrived", "did_not_arrive" or "cancelled" for the usual words of an appointment's state; NULL for others. */
const char *words_attendance(struct slice value);

#endif
