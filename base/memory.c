#include "base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((noreturn)) static void out_of_memory(size_t size_bytes)
{
    fprintf(stderr, "fatal: out of memory (%zu bytes wanted)\n", size_bytes);
    _exit(70);
}

void *x_alloc(size_t size_bytes)
{
    void *memory = calloc(1, size_bytes ? size_bytes : 1);

    if (!memory)
        out_of_memory(size_bytes);
    return memory;
}

void *x_alloc_raw(size_t size_bytes)
{
    void *memory = malloc(size_bytes ? size_bytes : 1);

    if (!memory)
        out_of_memory(size_bytes);
    return memory;
}

void *x_alloc_array(size_t count, size_t size_bytes)
{
    void *memory = calloc(count ? count : 1, size_bytes ? size_bytes : 1);

    if (!memory)
        out_of_memory(size_bytes);
    return memory;
}

void *x_grow_array(void *old, size_t count, size_t size_bytes)
{
    void *memory = reallocarray(old, count ? count : 1, size_bytes);

    if (!memory)
        out_of_memory(size_bytes);
    return memory;
}

char *x_strdup(const char *text)
{
    return text ? x_strndup(text, strlen(text)) : NULL;
}

char *x_strndup(const char *text, size_t size_bytes)
{
    char *copy = x_alloc(size_bytes + 1);

    if (size_bytes)
        memcpy(copy, text, size_bytes);
    return copy;
}

char *x_sprintf(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    int length = 0;

    va_start(arguments, format);
    length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        out_of_memory(0);
    return text;
}

void string_free(char **text)
{
    free(*text);
    *text = NULL;
}

void file_close(FILE **file)
{
    if (*file)
        fclose(*file);
    *file = NULL;
}

void descriptor_close(int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
    *descriptor = -1;
}

int descriptor_take(int *descriptor)
{
    int taken = *descriptor;

    *descriptor = -1;
    return taken;
}
