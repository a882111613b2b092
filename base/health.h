/* A file that a program touches while it is well: what a container's health check looks at. */
#ifndef BASE_HEALTH_H
#define BASE_HEALTH_H

/* Sets the file's time to now, making it when needed. A NULL or empty path does nothing; a path that cannot be written
 * is logged once. */
void health_touch(const char *path);

#endif
