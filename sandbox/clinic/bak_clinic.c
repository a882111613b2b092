#include "sandbox/clinic/bak_clinic.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/must.h"
#include "sandbox/clinic/bak_catalogue.h"
#include "sandbox/clinic/tables.h"

enum {
    DROPPED_COLUMN = 0x04000001, /* numbers of physical columns that are in no list */
    UNIQUIFIER_COLUMN = 0x04000002,
    GHOSTS = 3,
    SLOTS_FREED_EVERY = 40,
    DAY_SECONDS = 86400,
};

struct mdf_clinic {
    char *path;
    int descriptor;
    bool finished;
    struct mtf_facts facts;
    struct mdf_store *store;
    uint64_t next_unit;
    bool begun[CLINIC_TABLE_COUNT];
    bool ended[CLINIC_TABLE_COUNT];
    struct mdf_table tables[CLINIC_TABLE_COUNT];
    struct fault fault;
};

/* What the list of columns does not say. */
static const struct {
    const char *table;
    const char *column;
    unsigned flags;
    unsigned key;
} rules[] = {
    {"Patient", "PatientID", MDF_IDENTITY, 1},
    {"Patient", "FullName", MDF_COMPUTED, 0},
    {"Attachment", "RowGuid", MDF_ROWGUID, 0},
    {"ServicePrice", "FeeCategoryID", MDF_NOT_NULL, 2},
    {"ClinicalNote", "AmendsNoteID", MDF_ADDED, 0},
    {"Appointment", "AppointmentID", MDF_NOT_NULL, 0},
    {"Appointment", "StartTime", MDF_NOT_NULL, 1},
    {"Appointment", "IsDeleted", MDF_ADDED, 0},
    {"PatientGroupMember", "PatientID", MDF_NOT_NULL, 0},
    {"PatientGroupMember", "PatientGroupID", MDF_NOT_NULL, 0},
};

static const char *const heaps[] = {"PatientGroupMember", "DbVersion"};
static const char *const with_ghosts[] = {"Recall", "WaitList", "Referral", "InvoiceLine", "Payment"};

static bool is_one_of(const char *name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void add_dropped(struct mdf_layout *layout)
{
    struct mdf_column *dropped = mdf_layout_add(layout, "ReminderSent", "datetime");

    dropped->id = DROPPED_COLUMN;
    dropped->flags = MDF_DROPPED;
}

static void add_uniquifier(struct mdf_layout *layout)
{
    struct mdf_column *uniquifier = mdf_layout_add(layout, "", "int");

    uniquifier->id = UNIQUIFIER_COLUMN;
    uniquifier->flags = MDF_UNIQUIFIER;
}

static void apply_rules(struct mdf_table *table)
{
    bool has_key = table->is_heap || table->is_sorted;

    for (size_t i = 0; i < table->layout.count; i++) {
        struct mdf_column *column = &table->layout.columns[i];

        column->flags |= column->type == MDF_TYPE_BIT ? MDF_NOT_NULL : 0;
    }
    if (!has_key) {
        table->layout.columns[0].key = 1;
        table->layout.columns[0].flags |= MDF_NOT_NULL;
    }
    for (size_t i = 0; i < array_length(rules); i++) {
        if (strcmp(rules[i].table, table->name) == 0) {
            struct mdf_column *column = mdf_layout_column(&table->layout, rules[i].column);

            must(column != NULL);
            column->flags |= rules[i].flags;
            column->key = rules[i].key > 0 ? rules[i].key : column->key;
        }
    }
}

static void describe(struct mdf_table *table, size_t number)
{
    const struct table *facts = &clinic_tables[number];

    *table = (struct mdf_table){.name = facts->name,
                                .object = MDF_FIRST_OBJECT + (int32_t)number * MDF_OBJECT_STEP,
                                .keys_first = true,
                                .is_heap = is_one_of(facts->name, heaps, array_length(heaps)),
                                .is_sorted = strcmp(facts->name, "Appointment") == 0};
    table->rows.id = MDF_FIRST_ROWSET + 2 * number * MDF_ID_STEP;
    table->primary.id = table->rows.id + MDF_ID_STEP;
    for (const struct column *column = facts->columns; column->name != NULL; column++) {
        mdf_layout_add(&table->layout, column->name, column->type);
        if (table->is_sorted && strcmp(column->name, "Attendance") == 0) {
            add_dropped(&table->layout);
        }
    }
    if (table->is_sorted) {
        add_uniquifier(&table->layout);
    }
    apply_rules(table);
    mdf_layout_place(&table->layout, true);
}

static void set_facts(struct mtf_facts *facts, int64_t today)
{
    *facts = (struct mtf_facts){.database = "FD",
                                .server = "FRONTDESK",
                                .user = "FRONTDESK\\Reception",
                                .set_name = "FD-Full Database Backup",
                                .data_path = "D:\\Front Desk\\Data\\FD.mdf",
                                .log_path = "D:\\Front Desk\\Data\\FD_log.ldf",
                                .data_name = "FD",
                                .log_name = "FD_log",
                                .created = days_from_date(2015, 6, 20) * DAY_SECONDS + 9 * 3600,
                                .started = today * DAY_SECONDS + 18 * 3600 + 30 * 60,
                                .finished = today * DAY_SECONDS + 18 * 3600 + 34 * 60 + 12};
}

bool mdf_clinic_create(const char *path, int64_t today, struct mdf_clinic **ret, struct fault *fault)
{
    scoped(mdf_clinic_destroy) struct mdf_clinic *clinic = x_alloc(sizeof(*clinic));

    clinic->next_unit = MDF_FIRST_UNIT;
    clinic->path = x_strdup(path);
    clinic->descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (clinic->descriptor < 0) {
        clinic->finished = true; /* there is nothing to remove */
        return fault_errno(fault, FAULT_BAD_INPUT, "cannot write %s", path);
    }
    set_facts(&clinic->facts, today);
    clinic->store = mdf_store_new(clinic->descriptor, mtf_pages_offset(&clinic->facts));
    for (size_t i = 0; i < CLINIC_TABLE_COUNT; i++) {
        describe(&clinic->tables[i], i);
    }
    *ret = steal(clinic);
    return true;
}

void mdf_clinic_destroy(struct mdf_clinic **clinic)
{
    if (*clinic == NULL) {
        return;
    }
    for (size_t i = 0; i < CLINIC_TABLE_COUNT; i++) {
        mdf_table_release(&(*clinic)->tables[i]);
    }
    mdf_store_destroy(&(*clinic)->store);
    descriptor_close(&(*clinic)->descriptor);
    if (!(*clinic)->finished) {
        unlink((*clinic)->path);
    }
    string_free(&(*clinic)->path);
    free(*clinic);
    *clinic = NULL;
}

static bool begin_table(struct mdf_clinic *clinic, size_t number, struct fault *fault)
{
    clinic->begun[number] = true;
    return mdf_table_begin(&clinic->tables[number], clinic->store, &clinic->next_unit, MDF_ID_STEP, fault);
}

bool mdf_clinic_finish(struct mdf_clinic *clinic, struct fault *fault)
{
    struct mdf_catalogue_places places;

    for (size_t i = 0; i < CLINIC_TABLE_COUNT; i++) {
        if (!clinic->begun[i] && !begin_table(clinic, i, fault)) {
            return false;
        }
        if (!clinic->ended[i] && !mdf_table_finish(&clinic->tables[i], fault)) {
            return false;
        }
        clinic->ended[i] = true;
    }
    if (!mdf_catalogue_write(clinic->store, clinic->tables, CLINIC_TABLE_COUNT, &clinic->facts, &places, fault) ||
        !mdf_store_finish(clinic->store, fault)) {
        return false;
    }
    clinic->facts.allocated_pages = mdf_store_allocated_pages(clinic->store);
    clinic->facts.file_pages = mdf_store_file_pages(clinic->store);
    if (!mdf_boot_write(clinic->store, &clinic->facts, &places, fault) ||
        !mtf_write(clinic->descriptor, &clinic->facts, fault)) {
        return false;
    }
    if (fsync(clinic->descriptor) != 0) {
        return fault_errno(fault, FAULT_BAD_INPUT, "cannot write all of %s", clinic->path);
    }
    clinic->finished = true;
    return true;
}

/* ---- the sink ---- */

struct target {
    struct mdf_clinic *clinic;
    size_t number;
    struct mdf_table *table;
};

static bool sink_create(void *context, const struct table *table, void **ret, struct fault *fault)
{
    struct mdf_clinic *clinic = context;
    struct target *target;

    *ret = NULL;
    if (table < clinic_tables || table >= clinic_tables + CLINIC_TABLE_COUNT) {
        return true;
    }
    target = x_alloc(sizeof(*target));
    target->clinic = clinic;
    target->number = (size_t)(table - clinic_tables);
    target->table = &clinic->tables[target->number];
    must(!clinic->begun[target->number]);
    *ret = target;
    if (!begin_table(clinic, target->number, fault)) {
        free(target);
        return false;
    }
    mdf_table_row(target->table);
    return true;
}

static struct mdf_row *row_of(void *to)
{
    return ((struct target *)to)->table->row;
}

static void sink_null(void *to)
{
    mdf_row_null(row_of(to));
}

static void sink_text(void *to, const char *text)
{
    mdf_row_text(row_of(to), text);
}

static void sink_integer(void *to, int64_t value)
{
    mdf_row_integer(row_of(to), value);
}

static void sink_date(void *to, int64_t days)
{
    mdf_row_date(row_of(to), days);
}

static void sink_moment(void *to, int64_t minutes, int milliseconds)
{
    mdf_row_moment(row_of(to), minutes, milliseconds);
}

static void sink_decimal(void *to, int64_t hundredths)
{
    mdf_row_decimal(row_of(to), hundredths);
}

/* What is no text stands in a text column as it came, in whole letters of two bytes. */
static void sink_bytes(void *to, struct slice bytes)
{
    struct mdf_row *row = row_of(to);
    size_t size = mdf_is_wide(mdf_row_column(row)) ? bytes.size / 2 * 2 : bytes.size;

    mdf_row_bytes(row, bytes.data, size);
}

static void sink_stream(void *to, int64_t size, void (*fill)(void *context, unsigned char *buffer, size_t size),
                        void *context)
{
    mdf_table_stream(((struct target *)to)->table, size, fill, context);
}

/* Whether the row could have been written before its table's last column was added: it has nothing in it. */
static bool lacks_added(const struct mdf_row *row)
{
    size_t index = row->layout->physical[row->layout->count - 1];
    const struct mdf_column *last = &row->layout->columns[index];

    if ((last->flags & MDF_ADDED) == 0) {
        return false;
    }
    return last->flags & MDF_NOT_NULL ? (row->fixed[last->leaf] >> last->bit & 1) == 0 : row->is_null[index];
}

/* Something that the dropped column once held. */
static void fill_dropped(struct mdf_row *row)
{
    for (size_t i = 0; i < row->layout->count; i++) {
        const struct mdf_column *column = &row->layout->columns[i];

        if (column->flags & MDF_DROPPED) {
            row->is_null[i] = false;
            mdf_put_u32(row->fixed + column->leaf, 10800000);
            mdf_put_u32(row->fixed + column->leaf + 4, 43000);
        }
    }
}

static void sink_end_row(void *to)
{
    struct mdf_table *table = ((struct target *)to)->table;
    int64_t number = table->rows.rows;

    table->row->before_added = lacks_added(table->row) && number % 3 != 2;
    if (number % 2 == 0) {
        fill_dropped(table->row);
    }
    if (!table->is_heap) {
        mdf_table_add(table);
    } else if (table->layout.variable_count > 0) {
        /* It has grown, and had to move. */
        mdf_table_add_free_slot(table);
        mdf_table_add_moved(table);
    } else {
        if (number % SLOTS_FREED_EVERY == 5) {
            mdf_table_add_free_slot(table);
        }
        mdf_table_add(table);
    }
}

static void sink_next_row(void *to)
{
    mdf_table_row(((struct target *)to)->table);
}

static bool sink_finish(void *to, struct fault *fault)
{
    struct target *target = to;
    struct mdf_table *table = target->table;

    if (table->rows.rows > 0 && is_one_of(table->name, with_ghosts, array_length(with_ghosts))) {
        mdf_table_add_ghosts(table, GHOSTS);
    }
    target->clinic->ended[target->number] = true;
    return mdf_table_finish(table, fault);
}

static void sink_destroy(void *to)
{
    free(to);
}

const struct sheet_sink mdf_clinic_sink = {
    .create = sink_create,
    .begin_row = sink_next_row,
    .null = sink_null,
    .text = sink_text,
    .integer = sink_integer,
    .date = sink_date,
    .moment = sink_moment,
    .decimal = sink_decimal,
    .bytes = sink_bytes,
    .stream = sink_stream,
    .end_row = sink_end_row,
    .finish = sink_finish,
    .destroy = sink_destroy,
};
