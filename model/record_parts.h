/* What the builders of the single entities share; used by the files record*.c and by nobody else. */
#ifndef MODEL_RECORD_PARTS_H
#define MODEL_RECORD_PARTS_H

#include "base/json.h"
#include "model/decimal.h"
#include "model/record.h"

enum { LIMIT_CHARACTERS = 255, CODE_CHARACTERS = 100, NOTES_BYTES_MAX = 4 * 1024 * 1024, WARNING_BYTES_MAX = 2000 };

/* Field numbers are places in the tables of record_fields. */
enum business_field { BUSINESS_NAME, BUSINESS_ZONE };
enum practitioner_field {
    PRACTITIONER_FIRST,
    PRACTITIONER_LAST,
    PRACTITIONER_TITLE,
    PRACTITIONER_ACTIVE,
    PRACTITIONER_DISPLAY,
};
enum type_field { TYPE_NAME, TYPE_DURATION, TYPE_COLOUR, TYPE_BILLABLE_ITEM, TYPE_ARCHIVED };
enum patient_field {
    PATIENT_FIRST,
    PATIENT_LAST,
    PATIENT_TITLE,
    PATIENT_PREFERRED,
    PATIENT_BIRTH,
    PATIENT_SEX,
    PATIENT_EMAIL,
    PATIENT_ADDRESS_1,
    PATIENT_ADDRESS_2,
    PATIENT_ADDRESS_3,
    PATIENT_CITY,
    PATIENT_STATE,
    PATIENT_POST_CODE,
    PATIENT_COUNTRY,
    PATIENT_PHONE_HOME,
    PATIENT_PHONE_MOBILE,
    PATIENT_PHONE_WORK,
    PATIENT_PHONE_FAX,
    PATIENT_PHONE_OTHER,
    PATIENT_MEDICARE,
    PATIENT_MEDICARE_REFERENCE,
    PATIENT_DVA,
    PATIENT_OCCUPATION,
    PATIENT_EMERGENCY,
    PATIENT_NOTES,
    PATIENT_APPOINTMENT_NOTES,
    PATIENT_INVOICE_EMAIL,
    PATIENT_REMINDER,
    PATIENT_ARCHIVED,
    PATIENT_CONCESSION,
    PATIENT_DOCTOR,
    PATIENT_REFERRAL_SOURCE,
    PATIENT_WALK_IN,
};
enum appointment_field {
    APPOINTMENT_PATIENT,
    APPOINTMENT_PRACTITIONER,
    APPOINTMENT_BUSINESS,
    APPOINTMENT_TYPE,
    APPOINTMENT_STARTS,
    APPOINTMENT_ENDS,
    APPOINTMENT_DURATION,
    APPOINTMENT_USUAL_DURATION,
    APPOINTMENT_NOTES,
    APPOINTMENT_ATTENDANCE,
    APPOINTMENT_CANCELLED,
    APPOINTMENT_CANCEL_REASON,
    APPOINTMENT_CANCEL_NOTE,
};
enum tax_field {
    TAX_NAME,
    TAX_RATE,
};
enum concession_field {
    CONCESSION_NAME,
};
enum supplier_field {
    SUPPLIER_NAME,
};
enum product_field {
    PRODUCT_NAME,
    PRODUCT_PRICE,
    PRODUCT_INCLUDES_TAX,
    PRODUCT_COST,
    PRODUCT_CODE,
    PRODUCT_SERIAL,
    PRODUCT_TAX,
    PRODUCT_SUPPLIER,
    PRODUCT_STOCK,
    PRODUCT_NOTES,
    PRODUCT_ARCHIVED,
};
enum billable_field {
    BILLABLE_NAME,
    BILLABLE_PRICE,
    BILLABLE_KIND,
    BILLABLE_CODE,
    BILLABLE_TAX,
    BILLABLE_ARCHIVED,
};
enum contact_field {
    CONTACT_KIND,
    CONTACT_DOCTOR,
    CONTACT_TITLE,
    CONTACT_FIRST,
    CONTACT_LAST,
    CONTACT_PREFERRED,
    CONTACT_COMPANY,
    CONTACT_OCCUPATION,
    CONTACT_PROVIDER,
    CONTACT_EMAIL,
    CONTACT_ADDRESS_1,
    CONTACT_ADDRESS_2,
    CONTACT_ADDRESS_3,
    CONTACT_CITY,
    CONTACT_STATE,
    CONTACT_POST_CODE,
    CONTACT_COUNTRY,
    CONTACT_PHONE_HOME,
    CONTACT_PHONE_MOBILE,
    CONTACT_PHONE_WORK,
    CONTACT_PHONE_FAX,
    CONTACT_PHONE_OTHER,
    CONTACT_NOTES,
    CONTACT_ARCHIVED,
};
enum alert_field {
    ALERT_PATIENT,
    ALERT_NAME,
};
enum reminder_field {
    REMINDER_PATIENT,
    REMINDER_TEXT,
    REMINDER_DUE,
    REMINDER_DONE,
};
enum block_field {
    BLOCK_PRACTITIONER,
    BLOCK_BUSINESS,
    BLOCK_STARTS,
    BLOCK_ENDS,
    BLOCK_DURATION,
    BLOCK_USUAL_DURATION,
    BLOCK_NOTES,
};
enum note_field {
    NOTE_PATIENT,
    NOTE_PRACTITIONER,
    NOTE_APPOINTMENT,
    NOTE_DATED,
    NOTE_TITLE,
    NOTE_AUTHOR,
    NOTE_BODY,
    NOTE_DRAFT,
};
enum attachment_field {
    ATTACHMENT_PATIENT,
    ATTACHMENT_CONTENT,
    ATTACHMENT_FILE,
    ATTACHMENT_DESCRIPTION,
    ATTACHMENT_CATEGORY,
    ATTACHMENT_DATED,
};
enum xray_field {
    XRAY_PATIENT,
    XRAY_CONTENT,
    XRAY_REPORT,
    XRAY_FILE,
    XRAY_DESCRIPTION,
    XRAY_AUTHOR,
    XRAY_DATED,
};
enum letter_field {
    LETTER_PATIENT,
    LETTER_CONTENT,
    LETTER_SUBJECT,
    LETTER_AUTHOR,
    LETTER_RECIPIENT,
    LETTER_DATED,
};

struct building {
    const struct record_draft *draft;
    struct record *record;
    struct zones *zones;
    int64_t today;
    const char *zone; /* IANA name of the zone in which a time of the record was read; NULL for none */
    struct json_writer writer;
    struct fault *fault;
};

/* The cleaned value of a field; NULL data when it is empty. _line: on one line. */
struct slice building_value(const struct building *building, size_t field);
struct slice building_line(const struct building *building, size_t field);

/* Adds to the warning, with the name of the field before it. */
void building_warn(struct building *building, size_t field, const char *format, ...) PRINTF_LIKE(3, 4);

/* Adds "Label: value" to the notes that are being gathered. */
void building_note(struct building *building, const char *label, struct slice value);

/* Adds what stood in fields that could not be read. */
void building_note_rejected(struct building *building);

/* Writes a member unless it is empty. */
void building_put(struct building *building, const char *name, struct slice value);

/* Writes the value of a field on one line, under the field's name. Beyond 255 characters it goes to the notes instead
 * (`shorten` false), or its beginning stays and the whole is in the notes as well (true). */
void building_put_line(struct building *building, size_t field, bool shorten);

/* Fails the record: names the field, quotes at most 40 characters of the value. Always returns false. */
bool building_refuse(struct building *building, size_t field, struct slice value, const char *why);

/* Yes or no; an empty field is `fallback`. */
bool building_bool(struct building *building, size_t field, bool fallback, bool *ret);

/* "date_of_birth" as people write it: "Date of birth"; into `ret`. */
const char *building_label(const struct building *building, size_t field, char ret[48]);

/* As building_put_line with `shorten`, for entities without notes: what is cut off is told, and gone. */
void building_put_cut(struct building *building, size_t field);

/* Writes the value on one line where it has at most `most` characters; a longer one goes to the notes. */
void building_put_within(struct building *building, size_t field, size_t most);

/* Notes are gathered between these two: the value of the field and what could not be read, then what others add, then
 * all of it as the member "notes". */
void building_begin_notes(struct building *building, size_t field);
void building_end_notes(struct building *building);

/* Writes the source key of another record. An empty one is left out, or refused where the field is required. */
MUST_CHECK bool building_put_reference(struct building *building, size_t field);

/* Reads an amount. False, without a fault, for an empty field, what is no decimal number, and what is too large for
 * Cliniko. */
bool building_decimal(const struct building *building, size_t field, struct decimal *ret);

/* Writes an amount as exact text with at least `places` digits after the point. */
void building_put_decimal(struct building *building, size_t field, const struct decimal *value, size_t places);

/* Phones and e-mail addresses of patients and contacts. */
struct phone_kind {
    size_t field;
    const char *type;
};
void building_put_phones(struct building *building, const struct phone_kind *kinds, size_t count);
void building_put_email(struct building *building, size_t field);

/* Writes starts_at and ends_at from the fields that say so, and the time_zone in which they were read, unless they said
 * it themselves. */
struct span_fields {
    size_t starts;
    size_t ends;
    size_t duration;
    size_t usual_duration;
    int64_t minutes_max; /* from start to end, where both are given */
    const char *longest; /* the same for people: "24 hours" */
};
MUST_CHECK bool building_put_span(struct building *building, const struct span_fields *fields);

/* Writes the follow-up that archives the record. */
void building_follow_archival(struct building *building, enum entity archival, const char *member);

/* Writes "archived" where the field says so, and the follow-up. */
MUST_CHECK bool building_put_archived(struct building *building, size_t field, enum entity archival,
                                      const char *member);

struct follow_up *building_follow(struct building *building, enum entity entity);

/* One builder for each entity: writes the members of the payload between the braces. */
bool record_build_tax(struct building *building);
bool record_build_named(struct building *building); /* concession types and suppliers: nothing but a name */
bool record_build_product(struct building *building);
bool record_build_billable_item(struct building *building);
bool record_build_appointment_type(struct building *building);
bool record_build_contact(struct building *building);
bool record_build_patient(struct building *building);
bool record_build_medical_alert(struct building *building);
bool record_build_reminder(struct building *building);
bool record_build_appointment(struct building *building);
bool record_build_unavailable_block(struct building *building);
bool record_build_treatment_note(struct building *building);
bool record_build_file(struct building *building); /* attachments, X-rays and letters */

#endif
