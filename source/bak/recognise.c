#include <string.h>

#include "base/memory.h"
#include "source/bak/database.h"

enum { HEAD_SIZE = 8 };

bool bak_recognise(const char *path)
{
    scoped(file_close) FILE *file = fopen(path, "rb");
    char head[HEAD_SIZE] = "";

    return file && fread(head, 1, sizeof head, file) == sizeof head &&
           (memcmp(head, "TAPE", 4) == 0 || memcmp(head, "MSSQLBAK", HEAD_SIZE) == 0);
}
