#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "document/base64.h"
#include "document/html_parts.h"
#include "document/picture_parts.h"

#define POINTS_PER_PIXEL 0.75

bool html_picture(const char *address, struct picture *ret)
{
    const char *data = strchr(address, ',');
    struct picture picture = {0};
    struct slice bytes = {0};

    if (strncasecmp(address, "data:", 5) != 0 || !data || data - address < 7 ||
        strncasecmp(data - 7, ";base64", 7) != 0)
        return false;
    picture.bytes = x_alloc_raw(strlen(data) / 4 * 3 + 4);
    picture.size = base64_decode(data + 1, picture.bytes);
    bytes = (struct slice){(const char *)picture.bytes, picture.size};
    picture.format = picture_detect(bytes);
    if ((picture.format == PICTURE_WMF || picture.format == PICTURE_EMF) && picture_of_metafile(bytes, ret)) {
        free(picture.bytes);
        return true;
    }
    *ret = picture;
    return true;
}

double html_points(const char *attribute)
{
    char *end = NULL;
    double value = attribute ? strtod(attribute, &end) : 0;

    if (!(value > 0 && value < 100000) || *end == '%')
        return 0;
    return strncasecmp(end, "pt", 2) == 0 ? value : value * POINTS_PER_PIXEL;
}
