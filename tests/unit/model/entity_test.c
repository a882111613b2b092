#include "model/entity.h"

#include <criterion/criterion.h>
#include <string.h>

#include "model/record.h"

Test(entity, is_found_by_its_name)
{
    for (int i = 0; i < ENTITY_COUNT; i++) {
        const char *name = entity_facts((enum entity)i)->name;
        enum entity found = ENTITY_COUNT;

        cr_expect(entity_find(name, &found), "%s is not found", name);
        cr_expect_eq((int)found, i, "%s: got %d, want %d", name, found, i);
    }
}

Test(entity, of_another_name_is_not_found)
{
    static const char *const names[] = {"", "patients", "Patient", "patient ", "note"};
    enum entity found = ENTITY_ARCHIVAL;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        cr_expect(!entity_find(names[i], &found), "'%s' is found", names[i]);
    cr_expect_eq(found, ENTITY_ARCHIVAL, "the output was touched");
}

/* What is sent needs a kind of worker, and a parent has to be there before its children. */
Test(entity, comes_in_a_phase_after_its_parent)
{
    for (int i = 0; i < ENTITY_COUNT; i++) {
        const struct entity_facts *facts = entity_facts((enum entity)i);

        cr_expect(facts->name[0] && facts->plural[0], "entity %d has no name", i);
        cr_expect_eq(facts->phase > 0, facts->kind != NULL, "%s has a phase or a kind alone", facts->name);
        if (facts->parent) {
            const struct entity_facts *parent = entity_facts(facts->parent_entity);

            cr_expect_lt(parent->phase, facts->phase, "%s is sent before its %s", facts->name, parent->name);
            cr_expect_str_eq(facts->parent, parent->name, "%s: got %s, want %s", facts->name, facts->parent,
                             parent->name);
        }
    }
}

/* What API reference 6 says of the order of loading. */
Test(entity, has_the_place_that_the_order_of_loading_gives_it)
{
    static const struct {
        enum entity entity;
        const char *kind;
        int phase;
    } wanted[] = {
        {ENTITY_TAX, "catalogue", 1},
        {ENTITY_CONCESSION_TYPE, "catalogue", 1},
        {ENTITY_PRODUCT_SUPPLIER, "catalogue", 1},
        {ENTITY_PRODUCT, "catalogue", 2},
        {ENTITY_BILLABLE_ITEM, "catalogue", 2},
        {ENTITY_APPOINTMENT_TYPE, "catalogue", 3},
        {ENTITY_CONTACT, "catalogue", 3},
        {ENTITY_PATIENT, "patients", 4},
        {ENTITY_MEDICAL_ALERT, "patients", 5},
        {ENTITY_REMINDER, "patients", 5},
        {ENTITY_APPOINTMENT, "appointments", 5},
        {ENTITY_UNAVAILABLE_BLOCK, "appointments", 5},
        {ENTITY_ATTENDANCE, "appointments", 6},
        {ENTITY_CANCELLATION, "appointments", 6},
        {ENTITY_TREATMENT_NOTE, "notes", 6},
        {ENTITY_NOTE_DOCUMENT, "attachments", 6},
        {ENTITY_ATTACHMENT, "attachments", 6},
        {ENTITY_XRAY, "attachments", 6},
        {ENTITY_LETTER, "attachments", 6},
        {ENTITY_REMINDER_PREFERENCE, "patients", 7},
        {ENTITY_PRODUCT_ARCHIVAL, "catalogue", 8},
        {ENTITY_BILLABLE_ITEM_ARCHIVAL, "catalogue", 8},
        {ENTITY_APPOINTMENT_TYPE_ARCHIVAL, "catalogue", 8},
        {ENTITY_CONTACT_ARCHIVAL, "catalogue", 8},
        {ENTITY_ARCHIVAL, "patients", 8},
    };
    size_t sent = 0;

    for (int i = 0; i < ENTITY_COUNT; i++)
        sent += entity_facts((enum entity)i)->phase > 0;
    cr_expect_eq(sent, sizeof wanted / sizeof wanted[0], "got %zu entities that are sent", sent);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        const struct entity_facts *facts = entity_facts(wanted[i].entity);

        cr_expect_eq(facts->phase, wanted[i].phase, "%s: got phase %d, want %d", facts->name, facts->phase,
                     wanted[i].phase);
        cr_assert_not_null(facts->kind, "%s has no kind", facts->name);
        cr_expect_str_eq(facts->kind, wanted[i].kind, "%s: got %s, want %s", facts->name, facts->kind, wanted[i].kind);
    }
}

/* What a record can only refer to with the other in place comes later than it. */
Test(entity, comes_in_a_phase_after_all_that_it_names)
{
    for (int i = 0; i < ENTITY_COUNT; i++) {
        const struct entity_facts *facts = entity_facts((enum entity)i);
        const struct record_field *fields = record_fields((enum entity)i);

        for (size_t k = 0; fields && fields[k].name; k++) {
            const struct entity_facts *named = entity_facts(fields[k].reference);

            cr_expect(fields[k].type != FIELD_REFERENCE || named->phase < facts->phase, "%s is sent before its %s",
                      facts->name, fields[k].name);
        }
        if (facts->link)
            cr_expect_lt(entity_facts(facts->link_entity)->phase, facts->phase, "%s is sent before its %s", facts->name,
                         facts->link);
    }
}
