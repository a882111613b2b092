#include "sandbox/schema.h"

#include <string.h>

const char *field_input_name(const struct field *field)
{
    return field->input ? field->input : field->name;
}

static unsigned slot_of(const char *name, size_t size)
{
    unsigned hash = (unsigned)size;

    for (size_t i = 0; i < size; i++)
        hash = hash * 31 + (unsigned char)name[i];
    return hash % SCHEMA_NAME_SLOTS;
}

static void fill(const struct schema *schema)
{
    for (int i = 0; i < schema->count; i++) {
        const char *name = field_input_name(&schema->fields[i]);
        unsigned slot = slot_of(name, strlen(name));

        while (schema->names->places[slot])
            slot = (slot + 1) % SCHEMA_NAME_SLOTS;
        schema->names->places[slot] = (signed char)(i + 1);
    }
    schema->names->filled = true;
}

int schema_find(const struct schema *schema, const char *name, size_t size_bytes)
{
    unsigned slot = slot_of(name, size_bytes);

    if (!schema->names->filled)
        fill(schema);
    for (; schema->names->places[slot]; slot = (slot + 1) % SCHEMA_NAME_SLOTS) {
        int place = schema->names->places[slot] - 1;
        const char *known = field_input_name(&schema->fields[place]);

        if (strncmp(known, name, size_bytes) == 0 && known[size_bytes] == '\0')
            return place;
    }
    return -1;
}
