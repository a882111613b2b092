/* A folder of its own for a test, with the files that the test writes into it; removed at the end. */
#ifndef TESTS_FOLDER_FIXTURE_H
#define TESTS_FOLDER_FIXTURE_H

#include <stddef.h>

struct folder_fixture {
    char path[64];
    char file[200]; /* path of the file that was written last */
};

void folder_fixture_make(struct folder_fixture *fixture);
void folder_fixture_remove(struct folder_fixture *fixture);

/* Writes a file and gives its path, which stays valid until the next one. */
const char *folder_fixture_write(struct folder_fixture *fixture, const char *name, const char *content);
const char *folder_fixture_write_bytes(struct folder_fixture *fixture, const char *name, const char *content,
                                       size_t size);

/* Packs one member into a zip; with a password when it is not NULL. */
const char *folder_fixture_zip(struct folder_fixture *fixture, const char *name, const char *member,
                               const char *content, const char *password);

/* Path of a file among the shared fixtures, NULL (and a message) when it is absent. Valid until the next call. */
const char *shared_fixture(const char *name);

#endif
