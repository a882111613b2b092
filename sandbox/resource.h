/*
 * One kind of record that the API serves: its schema and what is special about it. The common verbs (list, read,
 * create, update, archive) are in verbs.h; a resource adds checks, consequences and computed members.
 */
#ifndef SANDBOX_RESOURCE_H
#define SANDBOX_RESOURCE_H

#include "base/json.h"
#include "sandbox/act.h"
#include "sandbox/schema.h"
#include "sandbox/store.h"

struct resource {
    const struct schema *schema;

    /* After the fields were read: adds problems, sets what follows from other fields. May be NULL. */
    void (*check)(struct act *act);

    /* What a create or update does to other records. The record is in its table. May be NULL. */
    void (*created)(struct act *act, struct record *record);
    void (*changed)(struct act *act, struct record *record);

    /* Further members of the answer, into an open object. May be NULL. */
    void (*extras)(const struct act *act, const struct record *record, struct json_writer *writer);
};

extern const struct resource *const resources[RESOURCE_COUNT];

extern const struct resource user_resource;
extern const struct resource business_resource;
extern const struct resource practitioner_resource;
extern const struct resource tax_resource;
extern const struct resource concession_type_resource;
extern const struct resource product_supplier_resource;
extern const struct resource product_resource;
extern const struct resource stock_adjustment_resource;
extern const struct resource billable_item_resource;
extern const struct resource concession_price_resource;
extern const struct resource treatment_note_template_resource;
extern const struct resource appointment_type_resource;
extern const struct resource contact_resource;
extern const struct resource recall_type_resource;
extern const struct resource patient_resource;
extern const struct resource medical_alert_resource;
extern const struct resource patient_case_resource;
extern const struct resource communication_resource;
extern const struct resource recall_resource;
extern const struct resource appointment_resource;
extern const struct resource attendee_resource;
extern const struct resource unavailable_block_resource;
extern const struct resource treatment_note_resource;
extern const struct resource patient_attachment_resource;

/* The resource whose collection has this name, or RESOURCE_COUNT. */
enum resource_kind resource_find(const char *collection);

#endif
