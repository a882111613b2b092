/*
 * Checks for states that cannot be. They stay on in every build: a process that has lost its own rules ends,
 * and its lease and the journal make that safe.
 */
#ifndef BASE_MUST_H
#define BASE_MUST_H

#define must(condition) ((condition) ? (void)0 : must_failed(#condition, __FILE__, __LINE__, __func__))

/* Prints the broken condition to standard error and aborts. */
__attribute__((noreturn)) void must_failed(const char *condition, const char *file, int line, const char *function);

#endif
