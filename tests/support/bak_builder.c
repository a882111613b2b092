#include "bak_builder.h"

#include <stdlib.h>
#include <string.h>

enum { PATIENTS = 1000, DBO = 1, ROWSET_PART = 50, UNIT_PART = 100, USER_INDEX = 256, VERSION = 904 };

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value & 0xFFFF);
    put16(at + 2, value >> 16);
}

static void put64(uint8_t *at, uint64_t value)
{
    put32(at, (uint32_t)value);
    put32(at + 4, (uint32_t)(value >> 32));
}

static unsigned get16(const uint8_t *at)
{
    return at[0] | (unsigned)at[1] << 8;
}

static unsigned xor_words(const uint8_t *data, size_t words)
{
    unsigned sum = 0;

    for (size_t i = 0; i < words; i++)
        sum ^= get16(data + 2 * i);
    return sum;
}

void built_put(struct built *built, const void *data, size_t size)
{
    if (built->size + size > built->room) {
        built->room = 2 * (built->size + size);
        built->data = realloc(built->data, built->room);
        if (!built->data)
            abort();
    }
    if (data && size)
        memcpy(built->data + built->size, data, size);
    else if (size)
        memset(built->data + built->size, 0, size);
    built->size += size;
}

void built_release(struct built *built)
{
    free(built->data);
    *built = (struct built){0};
}

void built_block(struct built *built, const char *type, const uint8_t *head, size_t head_size)
{
    size_t start = built->size;
    uint8_t *block;

    built_put(built, head, head_size);
    block = built->data + start;
    memcpy(block, type, 4);
    put16(block + 8, (unsigned)head_size);
    block[48] = 2;
    put16(block + 50, xor_words(block, 25));
}

void built_stream(struct built *built, const char *id, unsigned attributes, const void *data, size_t size)
{
    uint8_t header[22] = {0};

    built_put(built, NULL, (4 - built->size % 4) % 4);
    memcpy(header, id, 4);
    put16(header + 6, attributes);
    put64(header + 8, size);
    put16(header + 20, xor_words(header, 10));
    built_put(built, header, sizeof header);
    built_put(built, data, size);
}

void built_end_block(struct built *built)
{
    size_t start = (built->size + 3) / 4 * 4 + 22;

    built_stream(built, "SPAD", 0, NULL, (512 - start % 512) % 512);
}

void built_filemark(struct built *built)
{
    uint8_t head[512] = {0};

    built_block(built, "SFMB", head, sizeof head);
}

static size_t put_utf16(uint8_t *at, const char *text)
{
    size_t size = strlen(text);

    for (size_t i = 0; i < size; i++)
        put16(at + 2 * i, (unsigned char)text[i]);
    return 2 * size;
}

static void put_string(uint8_t *record, size_t address, size_t offset, const char *text)
{
    put16(record + address, (unsigned)put_utf16(record + offset, text));
    put16(record + address + 2, (unsigned)offset);
}

void built_tape(struct built *built, const struct built_set *set)
{
    uint8_t head[140] = {0};
    uint8_t raid[32] = {0};

    put16(head + 62, set->password ? 5 : 0);
    put16(head + 76, set->password ? 16 : 0);
    put16(head + 86, 0x1200);
    put_string(head, 80, 94, "Microsoft SQL Server");
    built_block(built, "TAPE", head, sizeof head);
    memset(raid, set->set_id, 16);
    put16(raid + 20, set->families ? set->families : 1);
    put16(raid + 24, set->family ? set->family : 1);
    built_stream(built, "RAID", 0, raid, sizeof raid);
    built_end_block(built);
    built_filemark(built);
}

static void put_file(struct built *facts, const struct built_set *set, uint32_t id, uint32_t type, bool final)
{
    uint8_t record[0x80] = {0};

    memcpy(record, "SFIN", 4);
    put32(record + 4, sizeof record);
    put32(record + 0x10, BUILT_PAGE);
    put32(record + 0x14, id);
    put32(record + 0x18, type == 1 && !final ? set->declared_pages / (set->files ? set->files : 1) : 0);
    put32(record + 0x1C, type);
    put32(record + 0x20, 512);
    put32(record + 0x24, type == 1 ? 1 : 0);
    put64(record + 0x28,
          (uint64_t)(id == 3 && set->second_file_pages ? set->second_file_pages : set->file_pages) * BUILT_PAGE);
    put_string(record, 0x30, 0x40, type == 1 ? "Clinic" : "Clinic_log");
    built_put(facts, record, sizeof record);
}

static void put_facts(struct built *built, const struct built_set *set, bool final)
{
    static const uint8_t date[5] = {0x1f, 0x87, 0x25, 0x05, 0x67};
    struct built facts = {0};
    uint8_t record[0xC0] = {0};

    memcpy(record, "SCIN", 4);
    put32(record + 4, sizeof record);
    put16(record + 0x18, 2000);
    record[0x1B] = 15;
    put32(record + 0x20, 49);
    put32(record + 0x2A, 49);
    put32(record + 0x2E, 900);
    put32(record + 0x34, 49);
    memcpy(record + 0x4D, date, 5);
    if (final)
        memcpy(record + 0x52, date, 5);
    record[0x57] = (uint8_t)set->kind;
    record[0x5B] = 150;
    put16(record + 0x5E, set->version ? set->version : VERSION);
    put_string(record, 0x68, 0x80, "Clinic");
    put_string(record, 0x6C, 0xA0, "SERVER");
    built_put(&facts, record, sizeof record);
    put_file(&facts, set, 1, 1, final);
    if (set->files == 2)
        put_file(&facts, set, 3, 1, final);
    put_file(&facts, set, 2, 2, final);
    built_stream(built, "MQCI", 0, facts.data, facts.size);
    built_release(&facts);
}

static void put_pages(struct built *built, const uint8_t *const *extents, size_t count, size_t each)
{
    uint8_t head[60] = {0};

    built_block(built, "MSDA", head, sizeof head);
    for (size_t from = 0; from < count; from += each) {
        struct built piece = {0};

        built_put(&piece, NULL, 2);
        for (size_t i = from; i < from + each && i < count; i++)
            built_put(&piece, extents[i], BUILT_EXTENT);
        built_stream(built, "MQDA", 2, piece.data, piece.size);
        built_release(&piece);
    }
    built_stream(built, "MQDA", 6, NULL, 0);
    built_end_block(built);
}

void built_set(struct built *built, const struct built_set *set)
{
    uint8_t head[160] = {0};
    uint8_t log[2 + 512] = {0};

    put32(head + 52, 4);
    put16(head + 60, 0x1200);
    put16(head + 62, set->number ? set->number : 1);
    put_string(head, 64, 94, "nightly");
    built_block(built, "SSET", head, sizeof head);
    built_end_block(built);
    memset(head, 0, sizeof head);
    built_block(built, "VOLB", head, 60);
    built_end_block(built);
    built_block(built, "MSCI", head, 56);
    put_facts(built, set, false);
    built_end_block(built);
    if (set->kind != 'L')
        put_pages(built, set->extents, set->extent_count, set->piece_extents ? set->piece_extents : set->extent_count);
    if (set->again_count)
        put_pages(built, set->again, set->again_count, set->again_count);
    put64(head + 60, 8192);
    put64(head + 68, 8192 + 512);
    put32(head + 76, 2);
    built_block(built, "MSTL", head, 128);
    built_stream(built, "MQTL", 0, log, sizeof log);
    built_end_block(built);
    memset(head, 0, sizeof head);
    built_block(built, "MSLS", head, 56);
    put_facts(built, set, true);
    built_end_block(built);
    built_filemark(built);
    built_block(built, "ESET", head, 88);
    built_end_block(built);
    built_filemark(built);
}

void built_page(uint8_t *page, unsigned type, unsigned file, uint32_t number, unsigned index_part, uint32_t object_part)
{
    memset(page, 0, BUILT_PAGE);
    page[0] = 1;
    page[1] = (uint8_t)type;
    put16(page + 6, index_part);
    put32(page + 24, object_part);
    put16(page + 30, 96);
    put32(page + 32, number);
    put16(page + 36, file);
}

unsigned built_add(uint8_t *page, const uint8_t *record, size_t size)
{
    unsigned slot = get16(page + 22);
    unsigned at = get16(page + 30);

    memcpy(page + at, record, size);
    put16(page + BUILT_PAGE - 2 * (slot + 1), at);
    put16(page + 22, slot + 1);
    put16(page + 30, at + (unsigned)size);
    return slot;
}

void built_checksum(uint8_t *page)
{
    uint32_t sum = 0;

    put16(page + 4, 0x200);
    put32(page + 60, 0);
    for (unsigned sector = 0; sector < 16; sector++) {
        uint32_t part = 0;

        for (unsigned i = 0; i < 512; i += 4) {
            const uint8_t *at = page + 512 * sector + i;

            part ^= (uint32_t)get16(at) | (uint32_t)get16(at + 2) << 16;
        }
        for (unsigned turn = 15 - sector; turn; turn--)
            part = part << 1 | part >> 31;
        sum ^= part;
    }
    put32(page + 60, sum);
}

size_t built_record(uint8_t *out, unsigned type, const void *fixed, size_t fixed_size, unsigned columns, uint32_t nulls,
                    const struct built_variable *variables, unsigned variable_count)
{
    size_t at = 4 + fixed_size;
    size_t ends;

    out[0] = (uint8_t)(0x10 | type << 1 | (variable_count ? 0x20 : 0));
    out[1] = 0;
    put16(out + 2, (unsigned)at);
    memcpy(out + 4, fixed, fixed_size);
    put16(out + at, columns);
    at += 2;
    for (unsigned i = 0; i < (columns + 7) / 8; i++)
        out[at++] = i < 4 ? (uint8_t)(nulls >> 8 * i) : 0;
    if (!variable_count)
        return at;
    put16(out + at, variable_count);
    ends = at + 2;
    at = ends + 2 * (size_t)variable_count;
    for (unsigned i = 0; i < variable_count; i++) {
        memcpy(out + at, variables[i].data, variables[i].size);
        at += variables[i].size;
        put16(out + ends + 2 * (size_t)i, (unsigned)at | (variables[i].complex ? 0x8000u : 0));
    }
    return at;
}

uint8_t *built_database_page(struct built_database *database, uint32_t number)
{
    static const uint32_t starts[DATABASE_EXTENTS] = {0, 8, 16, DATABASE_WHOLE};

    for (size_t i = 0; i < DATABASE_EXTENTS; i++) {
        if (number >= starts[i] && number < starts[i] + 8)
            return database->extents[i] + (size_t)(number - starts[i]) * BUILT_PAGE;
    }
    return NULL;
}

static const uint64_t user_rowset = (uint64_t)USER_INDEX << 48 | (uint64_t)ROWSET_PART << 16;
static const uint64_t user_unit = (uint64_t)USER_INDEX << 48 | (uint64_t)UNIT_PART << 16;

/* Base tables whose pages are 1:10 to 1:15; rowset and unit have the id object << 16. */
static const struct base {
    unsigned object;
    uint32_t page;
    unsigned rows;
} bases[] = {{7, 10, 7}, {5, 11, 7}, {34, 12, 2}, {64, 13, 1}, {41, 14, 4}, {3, 15, 4}};

enum { BASES = sizeof bases / sizeof bases[0] };

void built_unit(uint8_t *page, uint64_t unit, unsigned kind, uint64_t rowset, uint32_t first, uint32_t iam)
{
    uint8_t fixed[65] = {0};
    uint8_t record[100];

    put64(fixed, unit);
    fixed[8] = (uint8_t)kind;
    put64(fixed + 9, rowset);
    put32(fixed + 23, first);
    put16(fixed + 27, 1);
    put32(fixed + 35, iam);
    put16(fixed + 39, iam ? 1 : 0);
    built_add(page, record, built_record(record, 0, fixed, sizeof fixed, 12, 0, NULL, 0));
}

void built_rowset(uint8_t *page, uint64_t rowset, uint32_t object, unsigned index, uint64_t rows)
{
    uint8_t fixed[49] = {0};
    uint8_t record[100];

    put64(fixed, rowset);
    put32(fixed + 9, object);
    put32(fixed + 13, index);
    put32(fixed + 17, 1);
    put64(fixed + 27, rows);
    built_add(page, record, built_record(record, 0, fixed, sizeof fixed, 16, 0, NULL, 0));
}

static void put_named(uint8_t *page, const uint8_t *fixed, size_t size, unsigned columns, const char *name)
{
    uint8_t record[300];
    uint8_t wide[100];
    struct built_variable variable = {wide, put_utf16(wide, name), false};

    built_add(page, record, built_record(record, 0, fixed, size, columns, 0, &variable, 1));
}

void built_object(uint8_t *page, uint32_t id, const char *type, const char *name)
{
    uint8_t fixed[44] = {0};

    put32(fixed, id);
    put32(fixed + 4, DBO);
    memcpy(fixed + 13, type, 2);
    put_named(page, fixed, sizeof fixed, 11, name);
}

void built_column(uint8_t *page, uint32_t object, uint32_t id, const char *name, unsigned type, unsigned length)
{
    uint8_t fixed[41] = {0};

    put32(fixed, object);
    put32(fixed + 6, id);
    fixed[10] = (uint8_t)type;
    put32(fixed + 11, type);
    put16(fixed + 15, length);
    put_named(page, fixed, sizeof fixed, 14, name);
}

void built_column_place(uint8_t *page, uint64_t rowset, uint32_t id, int offset)
{
    uint8_t fixed[50] = {0};
    uint8_t record[100];

    put64(fixed, rowset);
    put32(fixed + 8, id);
    put16(fixed + 40, (unsigned)offset);
    put16(fixed + 44, id);
    built_add(page, record, built_record(record, 0, fixed, sizeof fixed, 13, 0, NULL, 0));
}

static void put_base_tables(struct built_database *database)
{
    uint8_t *pages[BASES];
    uint8_t schema[23] = {50, DBO};

    for (unsigned i = 0; i < BASES; i++) {
        pages[i] = built_database_page(database, bases[i].page);
        built_page(pages[i], 1, 1, bases[i].page, 0, bases[i].object);
    }
    for (unsigned i = 0; i < BASES; i++) {
        built_unit(pages[0], (uint64_t)bases[i].object << 16, 1, (uint64_t)bases[i].object << 16, bases[i].page, 0);
        built_rowset(pages[1], (uint64_t)bases[i].object << 16, bases[i].object, 1, bases[i].rows);
    }
    built_unit(pages[0], user_unit, 1, user_rowset, DATABASE_SINGLE, DATABASE_IAM);
    built_rowset(pages[1], user_rowset, PATIENTS, 0, DATABASE_ROWS);
    built_object(pages[2], PATIENTS, "U ", "Patients");
    built_object(pages[2], PATIENTS + 1, "V ", "PatientNames");
    put_named(pages[3], schema, sizeof schema, 6, "dbo");
    built_column(pages[4], PATIENTS, 1, "Id", 56, 4);
    built_column(pages[4], PATIENTS, 2, "Name", 167, 50);
    built_column(pages[4], PATIENTS, 3, "Note", 231, 200);
    built_column(pages[4], PATIENTS, 4, "Later", 56, 4);
    built_column_place(pages[5], user_rowset, 1, 4);
    built_column_place(pages[5], user_rowset, 2, -1);
    built_column_place(pages[5], user_rowset, 3, -2);
    built_column_place(pages[5], user_rowset, 4, 8);
}

/* `older`: without the column Later. `back`: the stub's slot on the single page, for a row that has moved. */
static unsigned put_patient(uint8_t *page, unsigned type, uint32_t id, const char *name, bool older, int back)
{
    uint8_t fixed[8];
    uint8_t pointer[10] = {0, 4};
    uint8_t note[20];
    uint8_t record[200];
    struct built_variable variables[3] = {
        {name, strlen(name), false}, {note, put_utf16(note, "note"), false}, {pointer, sizeof pointer, true}};

    put32(fixed, id);
    put32(fixed + 4, id * 10);
    put32(pointer + 2, DATABASE_SINGLE);
    put16(pointer + 6, 1);
    put16(pointer + 8, back < 0 ? 0 : (unsigned)back);
    return built_add(
        page, record,
        built_record(record, type, fixed, older ? 4 : 8, older ? 3 : 4, id == 2 ? 4 : 0, variables, back < 0 ? 2 : 3));
}

static void put_rows(struct built_database *database)
{
    uint8_t *single = built_database_page(database, DATABASE_SINGLE);
    uint8_t *whole = built_database_page(database, DATABASE_WHOLE);
    uint8_t stub[9] = {4};
    unsigned slot;

    built_page(single, 1, 1, DATABASE_SINGLE, USER_INDEX, UNIT_PART);
    built_page(whole, 1, 1, DATABASE_WHOLE, USER_INDEX, UNIT_PART);
    built_page(built_database_page(database, DATABASE_WHOLE + 1), 1, 1, DATABASE_WHOLE + 1, USER_INDEX, UNIT_PART);
    put_patient(single, 0, 1, "Ada", false, -1);
    put_patient(single, 0, 2, "Ben", false, -1);
    put_patient(single, 6, 99, "Gone", false, -1);
    slot = get16(single + 22);
    put32(stub + 1, DATABASE_WHOLE);
    put16(stub + 5, 1);
    put16(stub + 7, put_patient(whole, 1, 3, "Cleo", false, (int)slot));
    built_add(single, stub, sizeof stub);
    put_patient(single, 0, 4, "Dora", true, -1);
    slot = put_patient(single, 0, 98, "Freed", false, -1);
    put16(single + BUILT_PAGE - 2 * (slot + 1), 0);
    put_patient(whole, 0, 5, "Eve", false, -1);
    put_patient(built_database_page(database, DATABASE_WHOLE + 1), 0, 40, "Finn", false, -1);
}

void built_bitmap_page(uint8_t *page, unsigned type, unsigned file, uint32_t number, unsigned index_part,
                       uint32_t object_part)
{
    static const uint8_t nothing[0x1F38];

    built_page(page, type, file, number, index_part, object_part);
    built_add(page, nothing, 94);
    built_add(page, nothing, sizeof nothing);
}

static void put_allocation(struct built_database *database)
{
    static const uint32_t used[] = {0, 1, 2, 3, 9, 10, 11, 12, 13, 14, 15, DATABASE_IAM, DATABASE_SINGLE, 32, 33};
    uint8_t *pfs = built_database_page(database, 1);
    uint8_t *gam = built_database_page(database, 2);
    uint8_t *iam = built_database_page(database, DATABASE_IAM);

    built_page(built_database_page(database, 0), 15, 1, 0, 0, 99);
    built_page(pfs, 11, 1, 1, 0, 99);
    for (size_t i = 0; i < sizeof used / sizeof used[0]; i++)
        pfs[100 + used[i]] = 0x40;
    built_bitmap_page(gam, 8, 1, 2, 0, 99);
    memset(gam + 194, 0xFF, 7988);
    gam[194] = 0xE8;
    built_page(built_database_page(database, 3), 9, 1, 3, 0, 99);
    built_bitmap_page(iam, 10, 1, DATABASE_IAM, USER_INDEX, UNIT_PART);
    put16(iam + 140, 1);
    put32(iam + 142, DATABASE_SINGLE);
    put16(iam + 146, 1);
    iam[194] = 1u << DATABASE_WHOLE / 8;
}

static void put_boot(struct built_database *database)
{
    uint8_t *page = built_database_page(database, 9);

    built_page(page, 13, 1, 9, 0, 99);
    put16(page + 96 + 4, VERSION);
    put16(page + 96 + 6, VERSION);
    put32(page + 96 + 392, 0x3400D008);
    put32(page + 96 + 516, bases[0].page);
    put16(page + 96 + 520, 1);
}

void built_database(struct built_database *database, bool checksums)
{
    memset(database, 0, sizeof *database);
    put_allocation(database);
    put_boot(database);
    put_base_tables(database);
    put_rows(database);
    for (size_t i = 0; i < DATABASE_EXTENTS; i++) {
        database->order[i] = database->extents[i];
        for (size_t k = 0; checksums && k < 8; k++) {
            if (database->extents[i][k * BUILT_PAGE])
                built_checksum(database->extents[i] + k * BUILT_PAGE);
        }
    }
}

void built_backup(struct built *built, struct built_database *database)
{
    struct built_set set = {
        .kind = 'D',
        .extents = database->order,
        .extent_count = DATABASE_EXTENTS,
        .declared_pages = DATABASE_EXTENTS * 8,
        .file_pages = DATABASE_FILE_PAGES,
    };

    built_tape(built, &set);
    built_set(built, &set);
}
