/*
 * Allocation that never returns NULL (a process that is out of memory says so and ends), and ownership by scope.
 * Sizes that come from outside are bounded before they get here.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>
#include <stdio.h>

void *x_alloc(size_t size_bytes);                     /* zeroed */
void *x_alloc_raw(size_t size);                       /* not zeroed: for buffers that are filled at once */
void *x_alloc_array(size_t count, size_t size_bytes); /* zeroed; overflow ends the process */
void *x_grow_array(void *old, size_t count, size_t size_bytes);
char *x_strdup(const char *text); /* NULL gives NULL */
char *x_strndup(const char *text, size_t size_bytes);
char *x_sprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A local that owns: `scoped(string_free) char *name = …;` is released at the end of its scope. Destructors have the
 * form x_destroy(struct x **) and accept NULL and half-made objects. */
#define scoped(destroy) __attribute__((cleanup(destroy)))

/* Moves ownership out of a scoped local: `return steal(name);`. */
#define steal(pointer)                                                                                                 \
    (__extension__({                                                                                                   \
        __typeof__(pointer) stolen_ = (pointer);                                                                       \
        (pointer) = NULL;                                                                                              \
        stolen_;                                                                                                       \
    }))

#define array_length(array) (sizeof(array) / sizeof((array)[0]))

void string_free(char **text);
void file_close(FILE **file);
void descriptor_close(int *descriptor); /* -1 is an empty one */
int descriptor_take(int *descriptor);   /* moves it out of a scoped local, as steal does with a pointer */

#endif
