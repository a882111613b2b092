#include "sandbox/resource.h"

#include <string.h>

const struct resource *const resources[RESOURCE_COUNT] = {
    [RESOURCE_USERS] = &user_resource,
    [RESOURCE_BUSINESSES] = &business_resource,
    [RESOURCE_PRACTITIONERS] = &practitioner_resource,
    [RESOURCE_TAXES] = &tax_resource,
    [RESOURCE_CONCESSION_TYPES] = &concession_type_resource,
    [RESOURCE_PRODUCT_SUPPLIERS] = &product_supplier_resource,
    [RESOURCE_PRODUCTS] = &product_resource,
    [RESOURCE_STOCK_ADJUSTMENTS] = &stock_adjustment_resource,
    [RESOURCE_BILLABLE_ITEMS] = &billable_item_resource,
    [RESOURCE_CONCESSION_PRICES] = &concession_price_resource,
    [RESOURCE_TREATMENT_NOTE_TEMPLATES] = &treatment_note_template_resource,
    [RESOURCE_APPOINTMENT_TYPES] = &appointment_type_resource,
    [RESOURCE_CONTACTS] = &contact_resource,
    [RESOURCE_RECALL_TYPES] = &recall_type_resource,
    [RESOURCE_PATIENTS] = &patient_resource,
    [RESOURCE_MEDICAL_ALERTS] = &medical_alert_resource,
    [RESOURCE_PATIENT_CASES] = &patient_case_resource,
    [RESOURCE_COMMUNICATIONS] = &communication_resource,
    [RESOURCE_RECALLS] = &recall_resource,
    [RESOURCE_APPOINTMENTS] = &appointment_resource,
    [RESOURCE_ATTENDEES] = &attendee_resource,
    [RESOURCE_UNAVAILABLE_BLOCKS] = &unavailable_block_resource,
    [RESOURCE_TREATMENT_NOTES] = &treatment_note_resource,
    [RESOURCE_PATIENT_ATTACHMENTS] = &patient_attachment_resource,
};

enum resource_kind resource_find(const char *collection)
{
    for (int i = 0; i < RESOURCE_COUNT; i++)
        if (strcmp(resources[i]->schema->collection, collection) == 0)
            return (enum resource_kind)i;
    return RESOURCE_COUNT;
}
