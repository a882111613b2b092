/* The system tables of SQL Server 2014 that a sample database has, and its types. */
#ifndef SANDBOX_CLINIC_BAK_SYSTEM_H
#define SANDBOX_CLINIC_BAK_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sandbox/clinic/bak_table.h"

enum {
    MDF_SYSRSCOLS = 3,
    MDF_SYSROWSETS = 5,
    MDF_SYSALLOCUNITS = 7,
    MDF_SYSFILES1 = 8,
    MDF_SYSSEOBJVALUES = 9,
    MDF_SYSPHFG = 23,
    MDF_SYSPRUFILES = 24,
    MDF_SYSSCHOBJS = 34,
    MDF_SYSCOLPARS = 41,
    MDF_SYSSCALARTYPES = 50,
    MDF_SYSIDXSTATS = 54,
    MDF_SYSISCOLS = 55,
    MDF_SYSCLSOBJS = 64,
    MDF_SYSTEM_TABLE_COUNT = 13,
};

/* Describes the n-th of them, by rising numbers: name, number, ids and layout. */
void mdf_system_table(size_t n, struct mdf_table *ret);

struct mdf_scalar_type {
    const char *name;
    int32_t id;
    uint8_t type;
    int16_t length;
    uint8_t precision;
    uint8_t scale;
    bool is_text;
};

extern const struct mdf_scalar_type mdf_scalar_types[];
extern const size_t mdf_scalar_type_count;

#endif
