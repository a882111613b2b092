#include "source/bak/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

struct bak_file {
    int descriptor;
    int64_t start;
    int64_t size;
    char *path;
    char *name;
};

static bool measure(struct bak_file *file, const struct bak_input *input, struct fault *fault)
{
    struct stat facts;

    if (fstat(file->descriptor, &facts) != 0)
        return fault_errno(fault, FAULT_BAD_INPUT, "cannot look at %s", input->path);
    if (!S_ISREG(facts.st_mode))
        return fault_set(fault, FAULT_BAD_INPUT, "%s is not a file", input->path);
    if (input->offset < 0 || input->size < 0 || input->offset > facts.st_size ||
        input->size > facts.st_size - input->offset)
        return fault_set(fault, FAULT_BAD_INPUT, "%s is shorter than it was when it was looked at first", input->path);
    file->start = input->offset;
    file->size = input->size ? input->size : facts.st_size - input->offset;
    return true;
}

bool bak_file_open(const struct bak_input *input, struct bak_file **ret, struct fault *fault)
{
    scoped(bak_file_close) struct bak_file *file = x_alloc(sizeof *file);
    const char *name = input->name ? input->name : input->path;
    const char *slash = strrchr(name, '/');

    file->descriptor = open(input->path, O_RDONLY | O_CLOEXEC);
    if (file->descriptor < 0)
        return fault_errno(fault, FAULT_BAD_INPUT, "cannot open %s", input->path);
    file->path = x_strdup(input->path);
    file->name = x_strdup(slash ? slash + 1 : name);
    if (!measure(file, input, fault))
        return false;
    *ret = steal(file);
    return true;
}

void bak_file_close(struct bak_file **file)
{
    if (!*file)
        return;
    descriptor_close(&(*file)->descriptor);
    string_free(&(*file)->path);
    string_free(&(*file)->name);
    free(*file);
    *file = NULL;
}

const char *bak_file_name(const struct bak_file *file)
{
    return file->name;
}

const char *bak_file_path(const struct bak_file *file)
{
    return file->path;
}

int64_t bak_file_size(const struct bak_file *file)
{
    return file->size;
}

bool bak_file_read(const struct bak_file *file, int64_t offset, void *buffer, size_t size, struct fault *fault)
{
    char *at = buffer;

    if (offset < 0 || offset > file->size || (int64_t)size > file->size - offset)
        return fault_set(fault, FAULT_BAD_INPUT, "%s ends at byte %" PRId64 ", but %zu bytes are wanted at %" PRId64,
                         file->name, file->size, size, offset);
    while (size) {
        ssize_t got = pread(file->descriptor, at, size, file->start + offset);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fault_errno(fault, FAULT_INTERNAL, "cannot read %s at byte %" PRId64, file->name, offset);
        if (got == 0)
            return fault_set(fault, FAULT_BAD_INPUT,
                             "%s has become shorter while it was read: it ends at byte %" PRId64, file->name, offset);
        at += got;
        offset += got;
        size -= (size_t)got;
    }
    return true;
}
