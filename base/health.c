#include "base/health.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/memory.h"

void health_touch(const char *path)
{
    static bool complained;
    scoped(descriptor_close) int file = -1;

    if (!path || !path[0])
        return;
    file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if ((file < 0 || futimens(file, NULL) != 0) && !complained) {
        complained = true;
        log_event(LOG_WARN, NULL, "health_file_failed", "path=%s errno=%d", path, errno);
    }
}
