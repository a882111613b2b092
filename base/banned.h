/* Calls that this project does not make: a use does not compile. Included before every file by the build. */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

/* The standard headers come first, so that only our own calls are caught. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok gets atoi atol atoll atof
#pragma GCC poison gmtime localtime asctime ctime

#endif
