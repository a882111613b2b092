/* Data folders that are odd, foreign, damaged, out of reach or full. */
#include "cli/embedded.h"

#include <criterion/criterion.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "place.h"

TestSuite(folder, .timeout = 120);

Test(folder, sockets_of_a_long_path_are_elsewhere)
{
    struct place place;
    struct embedded_options options;
    struct embedded *embedded = NULL;
    struct fault fault = {0};
    scoped(string_free) char *longer = NULL;
    char *sockets = NULL;

    place_make(&place);
    longer = x_sprintf("%s/a-folder-with-a-name-that-goes-on-and-on/and-another-one-of-the-kind/data", place.root);
    options = options_of(&place);
    options.data_folder = longer;
    cr_assert(embedded_start(&options, &embedded, &fault), "%s", fault.text);
    expect_answer(embedded, "select 1", "1");
    sockets = x_strdup(embedded_redis_url(embedded) + strlen("unix://"));
    *strrchr(sockets, '/') = '\0';
    cr_expect(strlen(sockets) < 40, "got %s", sockets);
    expect_mode(sockets, "", 0700);
    embedded_stop(&embedded);
    cr_expect_neq(access(sockets, F_OK), 0, "%s is still there", sockets);
    string_free(&sockets);
    place_remove(&place);
}

Test(folder, folders_that_are_not_ours_are_refused)
{
    struct place place;
    scoped(string_free) char *file = NULL;
    struct stat status;

    place_make(&place);
    memcpy(place.data, place.programs, sizeof place.data);
    check_refusal(&place, "is not empty, and no data folder of Handover");
    cr_assert_eq(stat(place.programs, &status), 0);
    cr_expect_eq(status.st_mode & 0777, 0700, "its rights were changed");
    file = x_sprintf("%s/worker", place.programs);
    snprintf(place.data, sizeof place.data, "%s", file);
    check_refusal(&place, "is not a folder");
    snprintf(place.data, sizeof place.data, "%s/x", file);
    check_refusal(&place, "Not a directory");
    place.data[0] = '\0';
    check_refusal(&place, "empty or too long");
    place_remove(&place);
}

Test(folder, damage_is_told_and_not_made_worse)
{
    struct place place;
    scoped(string_free) char *cluster = NULL;
    scoped(string_free) char *version = NULL;
    scoped(string_free) char *control = NULL;
    scoped(string_free) char *key = NULL;
    scoped(string_free) char *aside = NULL;

    place_make(&place);
    start_check_and_stop(&place);
    cluster = x_sprintf("%s/postgresql", place.data);
    version = x_sprintf("%s/PG_VERSION", cluster);
    control = x_sprintf("%s/global/pg_control", cluster);
    key = x_sprintf("%s/seal.key", place.data);
    aside = x_sprintf("%s/aside", place.data);

    cr_assert_eq(rename(key, aside), 0);
    check_refusal(&place, "seal.key is missing");
    cr_assert_eq(rename(aside, key), 0);
    cr_assert_eq(chmod(key, 0640), 0);
    check_refusal(&place, "chmod 600");
    cr_assert_eq(chmod(key, 0600), 0);

    cr_assert_eq(rename(version, aside), 0);
    check_refusal(&place, "PG_VERSION is missing");
    write_text(version, "9999\n", 0644);
    check_refusal(&place, "PostgreSQL 9999 is");
    cr_assert_eq(rename(aside, version), 0);

    cr_assert_eq(truncate(control, 100), 0);
    check_refusal(&place, "could not read file \"global/pg_control\"");
    place_remove(&place);
}

Test(folder, a_folder_that_the_servers_cannot_reach_is_refused)
{
    struct place place;

    if (geteuid() != 0)
        cr_skip_test("only root's servers run as another user");
    place_make(&place);
    cr_assert_eq(chmod(place.root, 0700), 0);
    check_refusal(&place, "user may not pass");
    place_remove(&place);
}

Test(folder, a_full_disk_is_told_before_anything_is_made)
{
    struct place place;

    place_make(&place);
    cr_assert_eq(mkdir(place.data, 0700), 0);
    if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", place.data, "tmpfs", 0, "size=20m") != 0) {
        place_remove(&place);
        cr_skip_test("this user may not mount a small disk");
    }
    check_refusal(&place, "MB left, and at least 256 MB are needed");
    cr_assert_eq(umount(place.data), 0);
    place_remove(&place);
}
