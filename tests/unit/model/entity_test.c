#include "model/entity.h"

#include <criterion/criterion.h>
#include <string.h>

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
