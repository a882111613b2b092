/* Zips with a backup: what is in them, where it is read, and what is left afterwards. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/memory.h"
#include "folder_fixture.h"
#include "source/inflate64.h"
#include "source/source.h"
#include "source/source_path.h"
#include "source/zip_directory.h"
#include "source/zip_spool.h"

enum { ROOM = 100000, CONTENT = 50000 };

static struct folder_fixture folder;
static struct folder_fixture spool;

static void set_up(void)
{
    folder_fixture_make(&folder);
    folder_fixture_make(&spool);
}

static void tear_down(void)
{
    folder_fixture_remove(&folder);
    folder_fixture_remove(&spool);
}

TestSuite(zip, .init = set_up, .fini = tear_down);

/* A zip in memory, made without the code under test. */
struct made {
    uint8_t bytes[ROOM];
    size_t size;
    uint8_t directory[2000];
    size_t directory_size;
    unsigned count;
};

static void put(uint8_t *to, size_t *at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        to[(*at)++] = (uint8_t)(i < 8 ? value >> 8 * i : 0);
}

static size_t deflate_content(const char *content, size_t size, uint8_t *to, size_t room)
{
    z_stream stream = {.next_in = (uint8_t *)x_strndup(content, size), .avail_in = (uInt)size};
    uint8_t *input = stream.next_in;

    stream.next_out = to;
    stream.avail_out = (uInt)room;
    cr_assert_eq(deflateInit2(&stream, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    cr_assert_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    free(input);
    return room - stream.avail_out;
}

/* With `large`, sizes and place stand in the Zip64 field. */
static void add_member(struct made *made, const char *name, unsigned method, unsigned flags, bool large,
                       const char *content, size_t size)
{
    static uint8_t packed[ROOM];
    size_t packed_size = size;
    size_t header = made->size;
    uint32_t crc = (uint32_t)crc32(0, (const uint8_t *)content, (uInt)size);

    memcpy(packed, content, size);
    if (method == ZIP_DEFLATED)
        packed_size = deflate_content(content, size, packed, sizeof packed);
    put(made->bytes, &made->size, 0x04034B50, 4);
    put(made->bytes, &made->size, 20, 2);
    put(made->bytes, &made->size, flags, 2);
    put(made->bytes, &made->size, method, 2);
    put(made->bytes, &made->size, 0, 4);
    put(made->bytes, &made->size, crc, 4);
    put(made->bytes, &made->size, large ? 0xFFFFFFFF : packed_size, 4);
    put(made->bytes, &made->size, large ? 0xFFFFFFFF : size, 4);
    put(made->bytes, &made->size, strlen(name), 2);
    put(made->bytes, &made->size, 0, 2);
    memcpy(made->bytes + made->size, name, strlen(name));
    made->size += strlen(name);
    memcpy(made->bytes + made->size, packed, packed_size);
    made->size += packed_size;

    put(made->directory, &made->directory_size, 0x02014B50, 4);
    put(made->directory, &made->directory_size, 0x00140014, 4);
    put(made->directory, &made->directory_size, flags, 2);
    put(made->directory, &made->directory_size, method, 2);
    put(made->directory, &made->directory_size, 0, 4);
    put(made->directory, &made->directory_size, crc, 4);
    put(made->directory, &made->directory_size, large ? 0xFFFFFFFF : packed_size, 4);
    put(made->directory, &made->directory_size, large ? 0xFFFFFFFF : size, 4);
    put(made->directory, &made->directory_size, strlen(name), 2);
    put(made->directory, &made->directory_size, large ? 28 : 0, 2);
    put(made->directory, &made->directory_size, 0, 10);
    put(made->directory, &made->directory_size, large ? 0xFFFFFFFF : header, 4);
    memcpy(made->directory + made->directory_size, name, strlen(name));
    made->directory_size += strlen(name);
    if (large) {
        put(made->directory, &made->directory_size, 1, 2);
        put(made->directory, &made->directory_size, 24, 2);
        put(made->directory, &made->directory_size, size, 8);
        put(made->directory, &made->directory_size, packed_size, 8);
        put(made->directory, &made->directory_size, header, 8);
    }
    made->count++;
}

static const char *finish(struct made *made, bool large)
{
    size_t start = made->size;

    memcpy(made->bytes + made->size, made->directory, made->directory_size);
    made->size += made->directory_size;
    if (large) {
        size_t record = made->size;

        put(made->bytes, &made->size, 0x06064B50, 4);
        put(made->bytes, &made->size, 44, 8);
        put(made->bytes, &made->size, 0x002D002D, 4);
        put(made->bytes, &made->size, 0, 8);
        put(made->bytes, &made->size, made->count, 8);
        put(made->bytes, &made->size, made->count, 8);
        put(made->bytes, &made->size, made->directory_size, 8);
        put(made->bytes, &made->size, start, 8);
        put(made->bytes, &made->size, 0x07064B50, 4);
        put(made->bytes, &made->size, 0, 4);
        put(made->bytes, &made->size, record, 8);
        put(made->bytes, &made->size, 1, 4);
    }
    put(made->bytes, &made->size, 0x06054B50, 4);
    put(made->bytes, &made->size, 0, 4);
    put(made->bytes, &made->size, large ? 0xFFFF : made->count, 2);
    put(made->bytes, &made->size, large ? 0xFFFF : made->count, 2);
    put(made->bytes, &made->size, large ? 0xFFFFFFFF : made->directory_size, 4);
    put(made->bytes, &made->size, large ? 0xFFFFFFFF : start, 4);
    put(made->bytes, &made->size, 0, 2);
    return folder_fixture_write_bytes(&folder, "x.zip", (const char *)made->bytes, made->size);
}

static char content[CONTENT + 1];

static const char *make_zip(unsigned method, unsigned flags, bool large)
{
    static struct made made;

    for (size_t i = 0; i < CONTENT; i++)
        content[i] = (char)('a' + i * (i / 7) % 23 + i * i / 1000 % 3);
    made = (struct made){0};
    add_member(&made, "read me.txt", ZIP_STORED, 0, false, "hello", 5);
    add_member(&made, "data/FD.bak", method, flags, large, content, CONTENT);
    return finish(&made, large);
}

/* "handover ", 100,000 times "a", " handover", as 7-Zip packs it with -mm=Deflate64: its matches are longer than those
 * of deflate. */
static const uint8_t enhanced[] =
    "\xe4\xc1\xb1\x09\x00\x30\x08\x00\xb0\x57\xfa\x9a\xd0\x42\x27\x05\x07\xef\xf7\x90\x24\x3f\xf2\xd6\xbc\x3e\xc1\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\xde\x96\x07\xc7\x26\x00\x80\x30\x00\xc0\x5e\xf1\x35\x41\xc1\xc9\x42\x87\xde\xdf\x0b\x7a\x41\x12\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\x3c\x1e\x8f\xc7\xe3\xf1\x78\xb3\xf5\xf6\x3f\x51\x37\x1b";

struct plain {
    size_t packed_at;
    size_t packed_size;
    size_t piece;
    char *bytes;
    size_t size;
};

static bool fill_plain(void *context, const uint8_t **ret, size_t *ret_size)
{
    struct plain *plain = context;
    size_t left = plain->packed_size - plain->packed_at;

    *ret = enhanced + plain->packed_at;
    *ret_size = left < plain->piece ? left : plain->piece;
    plain->packed_at += *ret_size;
    return true;
}

static bool take_plain(void *context, const uint8_t *data, size_t size)
{
    struct plain *plain = context;

    if (plain->size + size > 2 * ROOM)
        return false;
    memcpy(plain->bytes + plain->size, data, size);
    plain->size += size;
    return true;
}

Test(zip, what_windows_packs_is_unpacked)
{
    scoped(string_free) char *bytes = x_alloc(2 * ROOM);

    for (size_t piece = 1; piece <= sizeof enhanced; piece += 7) {
        struct plain plain = {.packed_size = sizeof enhanced - 1, .piece = piece, .bytes = bytes};

        cr_assert_eq(inflate64(fill_plain, take_plain, &plain), INFLATE64_DONE);
        cr_assert_eq(plain.size, 100018);
        cr_expect(memcmp(bytes, "handover aaa", 12) == 0 && memcmp(bytes + 100006, "aaa handover", 12) == 0);
        cr_expect_eq(strspn(bytes + 9, "a"), 100000);
    }
    for (size_t cut = 0; cut < sizeof enhanced - 2; cut++) {
        struct plain plain = {.packed_size = cut, .piece = 100, .bytes = bytes};

        cr_expect_neq(inflate64(fill_plain, take_plain, &plain), INFLATE64_DONE, "cut to %zu bytes", cut);
    }
}

static bool open_spool(const char *path, const char *member, struct zip_spool **ret, struct fault *fault)
{
    struct zip_spool_options options = {.folder = spool.path};

    return zip_spool_open(path, member, &options, ret, fault);
}

static void expect_content(const struct zip_spool *opened)
{
    scoped(file_close) FILE *file = fopen(zip_spool_path(opened), "rb");
    scoped(string_free) char *bytes = x_alloc(CONTENT);

    cr_assert(file != NULL);
    cr_expect_eq(zip_spool_size(opened), CONTENT);
    cr_assert_eq(fseek(file, (long)zip_spool_offset(opened), SEEK_SET), 0);
    cr_assert_eq(fread(bytes, 1, CONTENT, file), CONTENT);
    cr_expect(memcmp(bytes, content, CONTENT) == 0);
}

static size_t spooled_files(void)
{
    DIR *stream = opendir(spool.path);
    size_t count = 0;

    for (const struct dirent *entry = readdir(stream); entry; entry = readdir(stream))
        count += entry->d_name[0] != '.';
    closedir(stream);
    return count;
}

Test(zip, a_stored_backup_is_read_in_place)
{
    for (int large = 0; large < 2; large++) {
        scoped(zip_spool_close) struct zip_spool *opened = NULL;
        struct fault fault = {0};

        cr_assert(open_spool(make_zip(ZIP_STORED, 0, large), NULL, &opened, &fault), "%s", fault.text);
        cr_expect(!zip_spool_is_unpacked(opened));
        cr_expect_str_eq(zip_spool_member(opened), "data/FD.bak");
        expect_content(opened);
        cr_expect_eq(spooled_files(), 0);
    }
}

Test(zip, a_deflated_backup_is_unpacked_once_for_all_and_removed_by_the_last)
{
    struct zip_spool *first = NULL;
    struct zip_spool *second = NULL;
    struct fault fault = {0};
    const char *path = make_zip(ZIP_DEFLATED, 0, true);

    cr_assert(open_spool(path, NULL, &first, &fault), "%s", fault.text);
    cr_assert(open_spool(path, "FD.bak", &second, &fault), "%s", fault.text);
    cr_expect(zip_spool_is_unpacked(first));
    cr_expect_str_eq(zip_spool_path(first), zip_spool_path(second));
    cr_expect_eq(spooled_files(), 1);
    zip_spool_close(&first);
    cr_expect_eq(spooled_files(), 1);
    expect_content(second);
    zip_spool_close(&second);
    cr_expect_eq(spooled_files(), 0);
}

Test(zip, what_nobody_uses_is_swept_away_and_what_somebody_uses_is_not)
{
    static struct made made;
    struct zip_spool *used = NULL;
    struct zip_spool *other = NULL;
    struct fault fault = {0};

    cr_assert(open_spool(make_zip(ZIP_DEFLATED, 0, false), NULL, &used, &fault), "%s", fault.text);
    folder_fixture_write(&spool, "handover-spool-0-0-0-0-00000000.bak", "left");
    folder_fixture_write(&spool, "handover-spool-0-0-0-0-00000001.bak.part", "left");
    folder_fixture_write(&spool, "somebody else's.bak", "stays");
    made = (struct made){0};
    add_member(&made, "FD.bak", ZIP_DEFLATED, 0, false, "TAPE and more", 13);
    finish(&made, false);
    cr_assert(open_spool(folder.file, NULL, &other, &fault), "%s", fault.text);
    cr_expect_eq(spooled_files(), 3, "the two in use and the stranger's, not %zu", spooled_files());
    expect_content(used);
    zip_spool_close(&used);
    zip_spool_close(&other);
    cr_expect_eq(spooled_files(), 1);
}

static void expect_refused(const char *path, const char *member, const char *words)
{
    struct zip_spool *opened = NULL;
    struct fault fault = {0};

    cr_expect(!open_spool(path, member, &opened, &fault), "want %s", words);
    cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
    cr_expect(strstr(fault.text, words), "got %s, want %s", fault.text, words);
    zip_spool_close(&opened);
    cr_expect_eq(spooled_files(), 0);
}

Test(zip, refusals_say_what_to_do)
{
    static struct made made;
    char *at = NULL;
    const char *path = NULL;

    expect_refused(make_zip(ZIP_DEFLATED, 1, false), NULL, "is protected by a password: pack it without one");
    expect_refused(make_zip(12, 0, false), NULL, "is packed by a method that is not known here (number 12): unpack it");
    expect_refused(make_zip(ZIP_STORED, 0, false), "other.bak", "has no file called other.bak");
    made = (struct made){0};
    add_member(&made, "a.bak", ZIP_STORED, 0, false, "TAPE", 4);
    add_member(&made, "old/a.bak", ZIP_STORED, 0, false, "TAPE", 4);
    path = finish(&made, false);
    expect_refused(path, NULL, "more than one backup: say which with --member NAME. They are: a.bak, old/a.bak");
    expect_refused(path, "a.bak", "more than one file called a.bak");
    make_zip(ZIP_DEFLATED, 0, false);
    made = (struct made){0};
    add_member(&made, "FD.bak", ZIP_DEFLATED, 0, false, content, CONTENT);
    finish(&made, false);
    made.bytes[200] ^= 0x10;
    path = folder_fixture_write_bytes(&folder, "x.zip", (const char *)made.bytes, made.size);
    expect_refused(path, NULL, "is damaged in the zip");
    made.bytes[200] ^= 0x10;
    at = memmem(made.bytes, made.size, "PK\1\2", 4);
    at[16] ^= 1;
    path = folder_fixture_write_bytes(&folder, "x.zip", (const char *)made.bytes, made.size);
    expect_refused(path, NULL, "its checksum is wrong");
    for (size_t cut = 4; cut < made.size; cut += made.size / 50) {
        path = folder_fixture_write_bytes(&folder, "x.zip", (const char *)made.bytes, cut);
        expect_refused(path, NULL, "is a damaged or cut-off zip");
    }
}

Test(zip, too_little_room_is_told_before_anything_is_written)
{
    static struct made made;
    size_t at = 0;
    char *entry = NULL;

    make_zip(ZIP_DEFLATED, 0, true);
    made = (struct made){0};
    add_member(&made, "FD.bak", ZIP_DEFLATED, 0, true, content, CONTENT);
    entry = memmem(made.directory, made.directory_size, "FD.bak", 6);
    at = (size_t)((uint8_t *)entry - made.directory) + 6 + 4;
    put(made.directory, &at, UINT64_C(1) << 60, 8);
    expect_refused(finish(&made, true), NULL, "MB free: make room, or name a folder on another disk");
}

Test(zip, choices_behind_a_path)
{
    static const struct {
        const char *path;
        const char *member;
        unsigned set;
        bool with_password;
        size_t count;
    } cases[] = {
        {"a.bak#set=2", NULL, 2, false, 1},   {"a.bak#with-password#set=12", NULL, 12, true, 1},
        {"b#2.bak", NULL, 0, false, 1},       {"a.bak,b#2.bak", NULL, 0, false, 2},
        {"c,d.bak#set=1", NULL, 1, false, 1},
    };

    folder_fixture_write(&folder, "a.bak", "TAPE1234");
    folder_fixture_write(&folder, "b#2.bak", "TAPE1234");
    folder_fixture_write(&folder, "c,d.bak", "TAPE1234");
    cr_assert_eq(chdir(folder.path), 0);
    for (size_t i = 0; i < array_length(cases); i++) {
        scoped(source_path_destroy) struct source_path *path = NULL;
        struct fault fault = {0};

        cr_assert(source_path_read(cases[i].path, &path, &fault), "%s: %s", cases[i].path, fault.text);
        cr_expect_eq(path->kind, SOURCE_PATH_BACKUP);
        cr_expect_eq(path->set, cases[i].set);
        cr_expect_eq(path->with_password, cases[i].with_password);
        cr_expect_eq(path->count, cases[i].count, "%s: %zu paths", cases[i].path, path->count);
    }
    for (size_t i = 0; i < 4; i++) {
        static const char *const wrong[] = {"a.bak#set=0", "a.bak#sett=1", "a.bak,,b#2.bak", "gone.bak"};
        scoped(source_path_destroy) struct source_path *path = NULL;
        struct fault fault = {0};

        cr_expect(!source_path_read(wrong[i], &path, &fault), "%s", wrong[i]);
    }
}

/* What lies side by side in a folder or zip; whether it is a backup, what of it is not read, or what is said of it. */
static const struct beside {
    const char *names[3];
    enum source_path_kind kind;
    const char *beside;
    const char *refused;
} lots[] = {
    {{"FD.bak"}, SOURCE_PATH_BACKUP, NULL, NULL},
    {{"FD.bak", "readme.txt"}, SOURCE_PATH_BACKUP, "readme.txt", NULL},
    {{"readme.txt", "FD.BAK", "second.TXT"}, SOURCE_PATH_BACKUP, "readme.txt, second.TXT", NULL},
    {{"FD.bak", "Patient.csv"}, SOURCE_PATH_CSV, NULL, "holds a backup (FD.bak) and CSV files too (Patient.csv)"},
    {{"Patient.csv.gz", "FD.bak"}, SOURCE_PATH_CSV, NULL, "and CSV files too (Patient.csv.gz)"},
    {{"Patient.txt", "Doctor.csv"}, SOURCE_PATH_CSV, NULL, NULL},
    {{"FD.bkp"}, SOURCE_PATH_CSV, NULL, NULL},
};

static void expect_lot(const char *where, const struct beside *lot)
{
    scoped(source_path_destroy) struct source_path *path = NULL;
    struct fault fault = {0};
    bool good = source_path_read(where, &path, &fault);

    cr_expect_eq(good, !lot->refused, "%s: %s", lot->names[0], fault.text);
    if (!good) {
        cr_expect(lot->refused && strstr(fault.text, lot->refused), "got %s, want %s", fault.text, lot->refused);
        return;
    }
    cr_expect_eq(path->kind, lot->kind, "%s", lot->names[0]);
    cr_expect_eq(path->beside != NULL, lot->beside != NULL, "%s", lot->names[0]);
    if (path->beside && lot->beside)
        cr_expect_eq(strlen(path->beside), strlen(lot->beside), "got %s, want %s", path->beside, lot->beside);
}

Test(zip, a_backup_is_not_passed_over_for_what_lies_beside_it)
{
    static struct made made;

    for (size_t i = 0; i < array_length(lots); i++) {
        struct folder_fixture apart;

        folder_fixture_make(&apart);
        made = (struct made){0};
        for (size_t k = 0; k < 3 && lots[i].names[k]; k++) {
            folder_fixture_write(&apart, lots[i].names[k], "TAPE1234");
            add_member(&made, lots[i].names[k], ZIP_STORED, 0, false, "TAPE1234", 8);
        }
        expect_lot(apart.path, &lots[i]);
        expect_lot(finish(&made, false), &lots[i]);
        folder_fixture_remove(&apart);
    }
}

static void expect_no_source(const char *path, const char *words)
{
    scoped(source_close) struct source *source = NULL;
    struct fault fault = {0};

    cr_expect(!source_open(path, &(struct source_options){0}, &source, &fault));
    cr_expect(strstr(fault.text, words), "got %s, want %s", fault.text, words);
}

Test(zip, backups_under_other_names_are_told)
{
    static struct made made;
    gzFile packed;

    add_member(&made, "backup.bkp", ZIP_STORED, 0, false, "TAPE1234", 8);
    expect_no_source(finish(&made, false), "A backup of another name is read with --member NAME");
    folder_fixture_write(&folder, "FD.bak.gz", "");
    packed = gzopen(folder.file, "wb");
    cr_assert(gzwrite(packed, "TAPE12345678", 12) == 12 && gzclose(packed) == Z_OK);
    expect_no_source(folder.file, "FD.bak.gz is a backup packed by gzip: unpack it");
}

Test(zip, the_file_of_another_user_is_not_unpacked_into)
{
    struct zip_spool *opened = NULL;
    struct fault fault = {0};
    scoped(string_free) char *part = NULL;
    const char *zip = make_zip(ZIP_DEFLATED, 0, false);

    cr_assert(open_spool(zip, NULL, &opened, &fault), "%s", fault.text);
    part = x_sprintf("%s.part", zip_spool_path(opened));
    zip_spool_close(&opened);
    folder_fixture_write(&spool, strrchr(part, '/') + 1, "");
    cr_assert_eq(chmod(part, 0666), 0);
    cr_expect(!open_spool(zip, NULL, &opened, &fault));
    cr_expect(strstr(fault.text, "is not this user's own file, or others can read it"), "%s", fault.text);
    unlink(part);
}

Test(zip, a_path_is_resolved_with_its_choices)
{
    scoped(string_free) char *resolved = NULL;
    scoped(string_free) char *wanted = x_sprintf("%s/a.bak,%s/b.bak#set=3", folder.path, folder.path);
    struct fault fault = {0};

    folder_fixture_write(&folder, "a.bak", "TAPE1234");
    folder_fixture_write(&folder, "b.bak", "TAPE1234");
    cr_assert_eq(chdir(folder.path), 0);
    cr_assert(source_resolve("a.bak,b.bak#set=3", &resolved, &fault), "%s", fault.text);
    cr_expect_str_eq(resolved, wanted);
}
