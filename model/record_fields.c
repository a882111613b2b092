/* The fields that a profile may fill in, entity by entity. */
#include <string.h>

#include "model/record_parts.h"

static const struct record_field business_fields[] = {
    [BUSINESS_NAME] = {.name = "name", .required = true, .meaning = "name of the location"},
    [BUSINESS_ZONE] = {.name = "time_zone", .meaning = "IANA or Windows name of its time zone"},
    {0},
};

static const struct record_field practitioner_fields[] = {
    [PRACTITIONER_FIRST] = {.name = "first_name", .required = true, .meaning = "given name"},
    [PRACTITIONER_LAST] = {.name = "last_name", .required = true, .meaning = "family name"},
    [PRACTITIONER_TITLE] = {.name = "title", .meaning = "Dr, Ms and so on"},
    [PRACTITIONER_ACTIVE] = {.name = "active", .type = FIELD_BOOL, .meaning = "still works at the clinic"},
    [PRACTITIONER_DISPLAY] = {.name = "display", .meaning = "name as shown in the diary"},
    {0},
};

static const struct record_field tax_fields[] = {
    [TAX_NAME] = {.name = "name", .required = true, .meaning = "name of the tax"},
    [TAX_RATE] = {.name = "rate", .type = FIELD_DECIMAL, .required = true, .meaning = "percentage"},
    {0},
};

static const struct record_field concession_fields[] = {
    [CONCESSION_NAME] = {.name = "name", .required = true, .meaning = "name of the concession"},
    {0},
};

static const struct record_field supplier_fields[] = {
    [SUPPLIER_NAME] = {.name = "name", .required = true, .meaning = "name of the supplier"},
    {0},
};

static const struct record_field product_fields[] = {
    [PRODUCT_NAME] = {.name = "name", .required = true, .meaning = "name of the product"},
    [PRODUCT_PRICE] = {.name = "price", .type = FIELD_DECIMAL, .required = true, .meaning = "selling price"},
    [PRODUCT_INCLUDES_TAX] = {.name = "price_includes_tax", .type = FIELD_BOOL, .meaning = "the price holds the tax"},
    [PRODUCT_COST] = {.name = "cost_price", .type = FIELD_DECIMAL, .meaning = "what it costs the clinic"},
    [PRODUCT_CODE] = {.name = "item_code", .meaning = "item code, at most 100 characters"},
    [PRODUCT_SERIAL] = {.name = "serial_number", .meaning = "serial number or bar code"},
    [PRODUCT_TAX] = {.name = "tax", .type = FIELD_REFERENCE, .reference = ENTITY_TAX, .meaning = "key of its tax"},
    [PRODUCT_SUPPLIER] = {.name = "product_supplier_name", .meaning = "name of its supplier, as in product_supplier"},
    [PRODUCT_STOCK] = {.name = "stock_level", .type = FIELD_DECIMAL, .meaning = "stock on the day of the transfer"},
    [PRODUCT_NOTES] = {.name = "notes", .meaning = "notes"},
    [PRODUCT_ARCHIVED] = {.name = "archived", .type = FIELD_BOOL, .meaning = "no longer sold"},
    {0},
};

static const struct record_field billable_fields[] = {
    [BILLABLE_NAME] = {.name = "name", .required = true, .meaning = "name of the service"},
    [BILLABLE_PRICE] = {.name = "price", .type = FIELD_DECIMAL, .required = true, .meaning = "price"},
    [BILLABLE_KIND] = {.name = "item_type",
                       .type = FIELD_CODE,
                       .meaning = "Service, Product or Other; Service when empty"},
    [BILLABLE_CODE] = {.name = "item_code", .meaning = "item code, at most 100 characters"},
    [BILLABLE_TAX] = {.name = "tax", .type = FIELD_REFERENCE, .reference = ENTITY_TAX, .meaning = "key of its tax"},
    [BILLABLE_ARCHIVED] = {.name = "archived", .type = FIELD_BOOL, .meaning = "no longer billed"},
    {0},
};

static const struct record_field type_fields[] = {
    [TYPE_NAME] = {.name = "name", .required = true, .meaning = "name of the kind of appointment"},
    [TYPE_DURATION] = {.name = "duration_minutes", .type = FIELD_INTEGER, .required = true, .meaning = "usual length"},
    [TYPE_COLOUR] = {.name = "color", .meaning = "#rrggbb"},
    [TYPE_BILLABLE_ITEM] = {.name = "billable_item",
                            .type = FIELD_REFERENCE,
                            .reference = ENTITY_BILLABLE_ITEM,
                            .meaning = "key of what is billed for it"},
    [TYPE_ARCHIVED] = {.name = "archived", .type = FIELD_BOOL, .meaning = "no longer in use"},
    {0},
};

static const struct record_field contact_fields[] = {
    [CONTACT_KIND] = {.name = "kind",
                      .type = FIELD_CODE,
                      .meaning = "standard, doctor or third_party; standard when empty"},
    [CONTACT_DOCTOR] = {.name = "doctor_type", .type = FIELD_CODE, .meaning = "general_practitioner or specialist"},
    [CONTACT_TITLE] = {.name = "title", .meaning = "Dr, Ms and so on"},
    [CONTACT_FIRST] = {.name = "first_name", .meaning = "given name"},
    [CONTACT_LAST] = {.name = "last_name", .meaning = "family name"},
    [CONTACT_PREFERRED] = {.name = "preferred_name", .meaning = "name the contact goes by"},
    [CONTACT_COMPANY] = {.name = "company_name", .meaning = "firm or practice"},
    [CONTACT_OCCUPATION] = {.name = "occupation", .meaning = "occupation or speciality"},
    [CONTACT_PROVIDER] = {.name = "provider_number", .meaning = "provider number"},
    [CONTACT_EMAIL] = {.name = "email", .meaning = "e-mail address"},
    [CONTACT_ADDRESS_1] = {.name = "address_1", .meaning = "street"},
    [CONTACT_ADDRESS_2] = {.name = "address_2", .meaning = "street, second line"},
    [CONTACT_ADDRESS_3] = {.name = "address_3", .meaning = "street, third line"},
    [CONTACT_CITY] = {.name = "city", .meaning = "town or suburb"},
    [CONTACT_STATE] = {.name = "state", .meaning = "state or region"},
    [CONTACT_POST_CODE] = {.name = "post_code", .meaning = "post code, as text"},
    [CONTACT_COUNTRY] = {.name = "country_code", .meaning = "country, two letters"},
    [CONTACT_PHONE_HOME] = {.name = "phone_home", .meaning = "phones at home"},
    [CONTACT_PHONE_MOBILE] = {.name = "phone_mobile", .meaning = "mobile phones"},
    [CONTACT_PHONE_WORK] = {.name = "phone_work", .meaning = "phones at work"},
    [CONTACT_PHONE_FAX] = {.name = "phone_fax", .meaning = "fax numbers"},
    [CONTACT_PHONE_OTHER] = {.name = "phone_other", .meaning = "other phones"},
    [CONTACT_NOTES] = {.name = "notes", .meaning = "notes"},
    [CONTACT_ARCHIVED] = {.name = "archived", .type = FIELD_BOOL, .meaning = "no longer in use"},
    {0},
};

static const struct record_field patient_fields[] = {
    [PATIENT_FIRST] = {.name = "first_name", .required = true, .meaning = "given name"},
    [PATIENT_LAST] = {.name = "last_name", .required = true, .meaning = "family name"},
    [PATIENT_TITLE] = {.name = "title", .meaning = "Mr, Dr and so on"},
    [PATIENT_PREFERRED] = {.name = "preferred_first_name", .meaning = "name the patient goes by"},
    [PATIENT_BIRTH] = {.name = "date_of_birth", .type = FIELD_DATE, .meaning = "date of birth"},
    [PATIENT_SEX] = {.name = "sex", .meaning = "Female, Male or other text"},
    [PATIENT_EMAIL] = {.name = "email", .meaning = "e-mail address"},
    [PATIENT_ADDRESS_1] = {.name = "address_1", .meaning = "street"},
    [PATIENT_ADDRESS_2] = {.name = "address_2", .meaning = "street, second line"},
    [PATIENT_ADDRESS_3] = {.name = "address_3", .meaning = "street, third line"},
    [PATIENT_CITY] = {.name = "city", .meaning = "town or suburb"},
    [PATIENT_STATE] = {.name = "state", .meaning = "state or region"},
    [PATIENT_POST_CODE] = {.name = "post_code", .meaning = "post code, as text"},
    [PATIENT_COUNTRY] = {.name = "country", .meaning = "name of the country"},
    [PATIENT_PHONE_HOME] = {.name = "phone_home", .meaning = "phones at home"},
    [PATIENT_PHONE_MOBILE] = {.name = "phone_mobile", .meaning = "mobile phones"},
    [PATIENT_PHONE_WORK] = {.name = "phone_work", .meaning = "phones at work"},
    [PATIENT_PHONE_FAX] = {.name = "phone_fax", .meaning = "fax numbers"},
    [PATIENT_PHONE_OTHER] = {.name = "phone_other", .meaning = "other phones"},
    [PATIENT_MEDICARE] = {.name = "medicare", .meaning = "Medicare number, with or without reference number"},
    [PATIENT_MEDICARE_REFERENCE] = {.name = "medicare_reference_number", .meaning = "Medicare reference number"},
    [PATIENT_DVA] = {.name = "dva_card_number", .meaning = "DVA file number"},
    [PATIENT_OCCUPATION] = {.name = "occupation", .meaning = "occupation"},
    [PATIENT_EMERGENCY] = {.name = "emergency_contact", .meaning = "emergency contact, one line"},
    [PATIENT_NOTES] = {.name = "notes", .meaning = "notes on the patient's record"},
    [PATIENT_APPOINTMENT_NOTES] = {.name = "appointment_notes", .meaning = "notes shown with each appointment"},
    [PATIENT_INVOICE_EMAIL] = {.name = "invoice_email", .meaning = "e-mail address for invoices"},
    [PATIENT_REMINDER] = {.name = "reminder_preference",
                          .type = FIELD_CODE,
                          .meaning = "None, SMS, Email, SMS & Email"},
    [PATIENT_ARCHIVED] = {.name = "archived", .type = FIELD_BOOL, .meaning = "archived, inactive or deceased"},
    [PATIENT_CONCESSION] = {.name = "concession_type",
                            .type = FIELD_REFERENCE,
                            .reference = ENTITY_CONCESSION_TYPE,
                            .meaning = "key of the concession"},
    [PATIENT_DOCTOR] = {.name = "referring_doctor",
                        .type = FIELD_REFERENCE,
                        .reference = ENTITY_CONTACT,
                        .meaning = "key of the contact who refers the patient"},
    [PATIENT_REFERRAL_SOURCE] = {.name = "referral_source", .meaning = "how the patient heard of the clinic"},
    [PATIENT_WALK_IN] = {.name = "walk_in",
                         .type = FIELD_BOOL,
                         .meaning = "there for an appointment alone: stays behind where none of theirs goes over"},
    {0},
};

static const struct record_field alert_fields[] = {
    [ALERT_PATIENT] = {.name = "patient",
                       .type = FIELD_REFERENCE,
                       .required = true,
                       .reference = ENTITY_PATIENT,
                       .meaning = "key of the patient"},
    [ALERT_NAME] = {.name = "name", .required = true, .meaning = "the warning"},
    {0},
};

static const struct record_field reminder_fields[] = {
    [REMINDER_PATIENT] = {.name = "patient",
                          .type = FIELD_REFERENCE,
                          .required = true,
                          .reference = ENTITY_PATIENT,
                          .meaning = "key of the patient"},
    [REMINDER_TEXT] = {.name = "text", .required = true, .meaning = "what to be reminded of"},
    [REMINDER_DUE] = {.name = "due", .type = FIELD_DATE, .meaning = "day on which it is due"},
    [REMINDER_DONE] = {.name = "done", .type = FIELD_BOOL, .meaning = "dealt with"},
    {0},
};

static const struct record_field appointment_fields[] = {
    [APPOINTMENT_PATIENT] = {.name = "patient",
                             .type = FIELD_REFERENCE,
                             .required = true,
                             .reference = ENTITY_PATIENT,
                             .meaning = "key of the patient"},
    [APPOINTMENT_PRACTITIONER] = {.name = "practitioner",
                                  .type = FIELD_REFERENCE,
                                  .required = true,
                                  .reference = ENTITY_PRACTITIONER,
                                  .meaning = "key of the practitioner"},
    [APPOINTMENT_BUSINESS] = {.name = "business",
                              .type = FIELD_REFERENCE,
                              .required = true,
                              .reference = ENTITY_BUSINESS,
                              .meaning = "key of the location"},
    [APPOINTMENT_TYPE] = {.name = "appointment_type",
                          .type = FIELD_REFERENCE,
                          .required = true,
                          .reference = ENTITY_APPOINTMENT_TYPE,
                          .meaning = "key of the kind of appointment"},
    [APPOINTMENT_STARTS] = {.name = "starts_at", .type = FIELD_INSTANT, .required = true, .meaning = "beginning"},
    [APPOINTMENT_ENDS] = {.name = "ends_at", .type = FIELD_INSTANT, .meaning = "end"},
    [APPOINTMENT_DURATION] = {.name = "duration_minutes",
                              .type = FIELD_INTEGER,
                              .meaning = "length, where no end is given"},
    [APPOINTMENT_USUAL_DURATION] = {.name = "usual_duration_minutes",
                                    .type = FIELD_INTEGER,
                                    .meaning = "length of its type, for lengths that cannot be"},
    [APPOINTMENT_NOTES] = {.name = "notes", .meaning = "notes on the appointment"},
    [APPOINTMENT_ATTENDANCE] = {.name = "attendance", .type = FIELD_CODE, .meaning = "arrived or did_not_arrive"},
    [APPOINTMENT_CANCELLED] = {.name = "cancelled", .type = FIELD_BOOL, .meaning = "was cancelled"},
    [APPOINTMENT_CANCEL_REASON] = {.name = "cancel_reason",
                                   .type = FIELD_CODE,
                                   .meaning = "10 20 30 31 40 50 or 60; 50 (other) when empty"},
    [APPOINTMENT_CANCEL_NOTE] = {.name = "cancel_note", .meaning = "why and when it was cancelled"},
    {0},
};

static const struct record_field block_fields[] = {
    [BLOCK_PRACTITIONER] = {.name = "practitioner",
                            .type = FIELD_REFERENCE,
                            .required = true,
                            .reference = ENTITY_PRACTITIONER,
                            .meaning = "key of the practitioner"},
    [BLOCK_BUSINESS] = {.name = "business",
                        .type = FIELD_REFERENCE,
                        .required = true,
                        .reference = ENTITY_BUSINESS,
                        .meaning = "key of the location"},
    [BLOCK_STARTS] = {.name = "starts_at", .type = FIELD_INSTANT, .required = true, .meaning = "beginning"},
    [BLOCK_ENDS] = {.name = "ends_at", .type = FIELD_INSTANT, .meaning = "end"},
    [BLOCK_DURATION] = {.name = "duration_minutes", .type = FIELD_INTEGER, .meaning = "length, where no end is given"},
    [BLOCK_USUAL_DURATION] = {.name = "usual_duration_minutes",
                              .type = FIELD_INTEGER,
                              .meaning = "length to take for lengths that cannot be"},
    [BLOCK_NOTES] = {.name = "notes", .meaning = "what it says"},
    {0},
};

static const struct record_field note_fields[] = {
    [NOTE_PATIENT] = {.name = "patient",
                      .type = FIELD_REFERENCE,
                      .required = true,
                      .reference = ENTITY_PATIENT,
                      .meaning = "key of the patient"},
    [NOTE_PRACTITIONER] = {.name = "practitioner",
                           .type = FIELD_REFERENCE,
                           .reference = ENTITY_PRACTITIONER,
                           .meaning = "key of its author"},
    [NOTE_APPOINTMENT] = {.name = "appointment",
                          .type = FIELD_REFERENCE,
                          .reference = ENTITY_APPOINTMENT,
                          .meaning = "key of the visit"},
    [NOTE_DATED] = {.name = "dated", .required = true, .meaning = "day and time it was written, as the title shows it"},
    [NOTE_TITLE] = {.name = "title", .meaning = "title"},
    [NOTE_AUTHOR] = {.name = "author", .meaning = "name of its author, as the title shows it"},
    [NOTE_BODY] = {.name = "body",
                   .type = FIELD_BLOB,
                   .required = true,
                   .meaning = "the note: RTF, HTML or plain text"},
    [NOTE_DRAFT] = {.name = "draft", .type = FIELD_BOOL, .meaning = "not finished"},
    {0},
};

static const struct record_field attachment_fields[] = {
    [ATTACHMENT_PATIENT] = {.name = "patient",
                            .type = FIELD_REFERENCE,
                            .required = true,
                            .reference = ENTITY_PATIENT,
                            .meaning = "key of the patient"},
    [ATTACHMENT_CONTENT] = {.name = "content", .type = FIELD_BLOB, .required = true, .meaning = "the file"},
    [ATTACHMENT_FILE] = {.name = "file_name", .meaning = "its name, with ending"},
    [ATTACHMENT_DESCRIPTION] = {.name = "description", .meaning = "description"},
    [ATTACHMENT_CATEGORY] = {.name = "category", .meaning = "category"},
    [ATTACHMENT_DATED] = {.name = "dated", .meaning = "day it was added"},
    {0},
};

static const struct record_field xray_fields[] = {
    [XRAY_PATIENT] = {.name = "patient",
                      .type = FIELD_REFERENCE,
                      .required = true,
                      .reference = ENTITY_PATIENT,
                      .meaning = "key of the patient"},
    [XRAY_CONTENT] = {.name = "content", .type = FIELD_BLOB, .required = true, .meaning = "the image"},
    [XRAY_REPORT] = {.name = "report", .type = FIELD_BLOB, .meaning = "the report: RTF, HTML, plain text or a file"},
    [XRAY_FILE] = {.name = "file_name", .meaning = "its name, with ending"},
    [XRAY_DESCRIPTION] = {.name = "description", .meaning = "region of the body"},
    [XRAY_AUTHOR] = {.name = "author", .meaning = "who took or reported it"},
    [XRAY_DATED] = {.name = "dated", .meaning = "day it was taken"},
    {0},
};

static const struct record_field letter_fields[] = {
    [LETTER_PATIENT] = {.name = "patient",
                        .type = FIELD_REFERENCE,
                        .required = true,
                        .reference = ENTITY_PATIENT,
                        .meaning = "key of the patient"},
    [LETTER_CONTENT] = {.name = "content",
                        .type = FIELD_BLOB,
                        .required = true,
                        .meaning = "the letter: RTF, HTML, plain text, DOCX or PDF"},
    [LETTER_SUBJECT] = {.name = "description", .meaning = "subject"},
    [LETTER_AUTHOR] = {.name = "author", .meaning = "name of its author"},
    [LETTER_RECIPIENT] = {.name = "recipient", .meaning = "to whom it went"},
    [LETTER_DATED] = {.name = "dated", .meaning = "date of the letter"},
    {0},
};

const struct record_field *record_fields(enum entity entity)
{
    static const struct record_field *const tables[ENTITY_COUNT] = {
        [ENTITY_BUSINESS] = business_fields,
        [ENTITY_PRACTITIONER] = practitioner_fields,
        [ENTITY_TAX] = tax_fields,
        [ENTITY_CONCESSION_TYPE] = concession_fields,
        [ENTITY_PRODUCT_SUPPLIER] = supplier_fields,
        [ENTITY_PRODUCT] = product_fields,
        [ENTITY_BILLABLE_ITEM] = billable_fields,
        [ENTITY_APPOINTMENT_TYPE] = type_fields,
        [ENTITY_CONTACT] = contact_fields,
        [ENTITY_PATIENT] = patient_fields,
        [ENTITY_MEDICAL_ALERT] = alert_fields,
        [ENTITY_REMINDER] = reminder_fields,
        [ENTITY_APPOINTMENT] = appointment_fields,
        [ENTITY_UNAVAILABLE_BLOCK] = block_fields,
        [ENTITY_TREATMENT_NOTE] = note_fields,
        [ENTITY_ATTACHMENT] = attachment_fields,
        [ENTITY_XRAY] = xray_fields,
        [ENTITY_LETTER] = letter_fields,
    };

    return entity < ENTITY_COUNT ? tables[entity] : NULL;
}

bool record_field_find(enum entity entity, const char *name, size_t *ret)
{
    const struct record_field *fields = record_fields(entity);

    for (size_t i = 0; fields && fields[i].name; i++) {
        if (strcmp(fields[i].name, name) == 0) {
            *ret = i;
            return true;
        }
    }
    return false;
}

bool record_field_may_fail(const struct record_field *field)
{
    if (field->required)
        return false;
    return field->type == FIELD_TEXT || field->type == FIELD_DATE || field->type == FIELD_DECIMAL ||
           field->type == FIELD_REFERENCE;
}
