/*
 * The 33 tables of our reference schema of a Front Desk database, with their columns in order and their SQL types. The
 * schema is ours, not Smartsoft's; the columns of Invoice, InvoiceLine and Payment, which it leaves open, are set here.
 */
#ifndef SANDBOX_CLINIC_TABLES_H
#define SANDBOX_CLINIC_TABLES_H

struct column {
    const char *name;
    const char *type; /* as SQL Server writes it: "nvarchar(60)" */
};

struct table {
    const char *name;
    const struct column *columns; /* ended by one without a name */
};

enum { CLINIC_TABLE_COUNT = 33 };
extern const struct table clinic_tables[CLINIC_TABLE_COUNT];

/* The table of that name, which must be one of the 33. */
const struct table *clinic_table(const char *name);

#endif
