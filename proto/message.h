/*
 * The messages between coordinator and workers (PROTOCOL.md), as plain data and as frames in memory. Nothing here knows
 * a socket. The list of messages and fields is messages.def.
 */
#ifndef PROTO_MESSAGE_H
#define PROTO_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/text.h"

/* The first frame of every message. The number rises with any change to a message, a field or its meaning: both sides
 * are released together, so there is no mixed operation, and the other version gets a clear refusal. */
#define PROTOCOL_VERSION 1
#define PROTOCOL_NAME    "HANDOVER/"

enum message_type {
#define MESSAGE(NAME, member, direction, meaning) MESSAGE_##NAME,
#define SIGNAL(NAME, direction, meaning)          MESSAGE_##NAME,
#include "proto/messages.def"
    MESSAGE_TYPE_COUNT,
};

enum message_direction { MESSAGE_TO_COORDINATOR, MESSAGE_TO_WORKER };

/* The member that bears the name of the type is the one in use; texts end with a NUL. Messages without fields (PING,
 * PONG, BYE) have no member. Example:
 *
 *     struct message message = {.type = MESSAGE_READY, .ready.credit = 4};
 *
 *     message_set(message.ready.kind, "patients");
 */
struct message {
    enum message_type type;
    union {
#define MESSAGE(NAME, member, direction, meaning)               struct {
#define TEXT(member, field, greatest, sample, meaning)          char field[(greatest) + 1];
#define NUMBER(member, field, least, greatest, sample, meaning) int64_t field;
#define FAULT(member, field, sample, meaning)                   enum fault_kind field;
#define END(member)                                                                                                    \
    }                                                                                                                  \
    member;
#include "proto/messages.def"
    };
};

enum {
    MESSAGE_FRAMES_MAX = 11, /* protocol, type and the nine fields of TASK */
    MESSAGE_FRAME_SIZE = 400 /* greatest size of a frame in bytes */
};

/* One message as frames. The slices point into the message that was encoded and into `numbers`: neither may go away or
 * move before the frames are used. */
struct message_frames {
    size_t count;
    struct slice frames[MESSAGE_FRAMES_MAX];
    char numbers[MESSAGE_FRAMES_MAX][24];
};

/* Puts a text into a field of a message: control characters become blanks, bytes that are not UTF-8 become '?', what
 * does not fit is cut between two characters, and an empty text becomes "-". */
#define message_set(field, string) message_set_field((field), sizeof(field), (string))
void message_set_field(char *field, size_t size_bytes, const char *string);

/* The frames of a message. FAULT_INTERNAL when a field breaks the rule of its row in messages.def: nothing is sent that
 * the other side would refuse. */
MUST_CHECK bool message_encode(const struct message *message, struct message_frames *ret, struct fault *fault);

/* Reads a message from its frames (without the routing id). FAULT_BAD_INPUT names the field and the rule: a missing or
 * extra frame, one that is empty or too long, text that is not UTF-8 or holds control characters, a number that is not
 * canonical decimal or out of bounds, an unknown type, another protocol or version. */
MUST_CHECK bool message_decode(const struct slice *frames, size_t count, struct message *ret, struct fault *fault);

const char *message_name(enum message_type type); /* "HELLO" */
enum message_direction message_direction(enum message_type type);

/* Appends `TASK task=42 token=7 kind="patients" …`, for debug logs. */
void message_print(const struct message *message, struct text *out);

/* A valid message of a type with the sample values of messages.def, for tests, fuzz seeds and the example of the page.
 */
void message_sample(enum message_type type, struct message *ret);

/* Appends the table of messages as it stands in PROTOCOL.md. */
void message_print_table(struct text *out);

#endif
