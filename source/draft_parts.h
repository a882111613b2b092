/* A draft in the making: shared by the files draft*.c, used by nobody else. */
#ifndef SOURCE_DRAFT_PARTS_H
#define SOURCE_DRAFT_PARTS_H

#include "source/draft_choice.h"
#include "source/draft_json.h"
#include "source/source.h"

struct draft {
    struct source *source;
    struct draft_table *tables;
    size_t table_count;
    const struct draft_table *patients; /* NULL: not found */
    const struct draft_table *practitioners;
    const struct draft_table *appointments;
    const struct draft_column *practitioner_key; /* NULL: practitioners have no table of their own */
    struct choices patient;
    struct choices appointment;
    struct draft_json json;
};

/* Gives headers such as "patientfname" their words. */
void draft_split_words(struct draft *draft);

/* Finds the tables; those that are not there stay NULL. */
void draft_find_tables(struct draft *draft);

bool draft_has_name(const struct choices *choices);

/* "Name" beside a first name is the last name; "nombre" with several words is the whole name. */
void draft_settle_names(struct choices *choices);

/* True when the column can be a key: hardly a value of it occurs twice, unless several rows may give one record. */
bool draft_usable_key(const struct choice *choice, bool distinct);

/* The patient's number in the table of appointments. */
struct choice draft_patient_reference(const struct draft *draft);

/* A field that names what the column says, or the constant record where it is empty or there is no column (NULL). */
void draft_put_with_default(struct draft *draft, const char *field, const struct choice *choice);

/* The entity "patient"; the entities that a diary needs, with their reasons, true when there are any; then what belongs
 * to patients beside. */
void draft_put_patients(struct draft *draft);
bool draft_put_diary(struct draft *draft);
void draft_put_others(struct draft *draft, bool has_diary);

#endif
