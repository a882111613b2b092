/* What the readers of a profile's parts share; used by the files profile*.c and by nobody else. */
#ifndef MODEL_PROFILE_PARTS_H
#define MODEL_PROFILE_PARTS_H

#include "base/json.h"
#include "model/profile.h"

/* Reads the expressions of one table. Stays where it is while it is used. */
struct profile_reader {
    struct profile_mapping *mapping;
    struct expression_reader expressions;
    size_t joins_ready; /* an expression of a join sees only the joins before it */
    size_t join_at;     /* the join whose `on` is being read, or PROFILE_ROW */
    size_t open_rows;   /* the join of many whose rows an expression "rows" goes through, or PROFILE_ROW */
};

/* `root` is the whole profile, for its dates. */
void profile_reader_init(struct profile_reader *reader, struct profile_mapping *mapping, const struct json *root,
                         const struct profile *profile);

/* A text that must be there and not be empty; the caller owns it. */
MUST_CHECK bool profile_need_text(const struct json *object, const char *where, const char *name, char **ret,
                                  struct fault *fault);

/* "table" (may be absent) and "joins" of an object. */
MUST_CHECK bool profile_read_table(const struct json *json, const char *where, struct profile_reader *reader,
                                   struct fault *fault);

/* "only_if" of an object: a condition on answers alone, or none. */
MUST_CHECK bool profile_read_only_if(const struct json *json, const char *where, const struct profile *profile,
                                     struct profile_mapping *mapping, struct fault *fault);

/* A member that is an expression, a key or a condition; an absent condition leaves *ret NULL. */
MUST_CHECK bool profile_read_expression(const struct json *object, const char *where, const char *name,
                                        const struct profile_reader *reader, struct expression **ret,
                                        struct fault *fault);
MUST_CHECK bool profile_read_key(const struct json *object, const char *where, const char *name,
                                 const struct profile_reader *reader, struct expression **ret, struct fault *fault);
MUST_CHECK bool profile_read_condition(const struct json *object, const char *where, const char *name,
                                       const struct profile_reader *reader, struct condition **ret,
                                       struct fault *fault);

/* One mapping of an entity, whose `entity` is set. */
MUST_CHECK bool profile_read_mapping(const struct json *json, const struct json *root, const char *where,
                                     const struct profile *profile, struct profile_mapping *mapping,
                                     struct fault *fault);
void profile_release_mapping(struct profile_mapping *mapping);

/* "recognise", "left_behind" and "encrypted", in profile_tables.c. */
MUST_CHECK bool profile_read_tables(const struct json *root, struct profile *profile, struct fault *fault);
void profile_release_tables(struct profile *profile);

#endif
