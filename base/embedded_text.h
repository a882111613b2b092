/* Text files that the build puts into the program (cmake/Embed.cmake); lists end with an empty row. */
#ifndef BASE_EMBEDDED_TEXT_H
#define BASE_EMBEDDED_TEXT_H

struct embedded_text {
    const char *name;
    const char *text;
};

#endif
