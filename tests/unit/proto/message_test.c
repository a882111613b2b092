#include "proto/message.h"

#include <criterion/criterion.h>
#include <inttypes.h>

#include "base/memory.h"

/* Joins the frames with '|', which no valid message of these tests holds. */
static char *joined(const struct message_frames *frames)
{
    struct text text;

    text_init(&text, 8192);
    for (size_t i = 0; i < frames->count; i++) {
        if (i > 0)
            text_putc(&text, '|');
        text_put(&text, frames->frames[i].data, frames->frames[i].size);
    }
    return text_take(&text);
}

/* Decodes a message written with '|' between its frames. */
static bool decode(const char *written, struct message *ret, struct fault *fault)
{
    struct slice frames[20];
    size_t count = 0;
    const char *start = written;

    for (;;) {
        size_t size = strcspn(start, "|");

        cr_assert(count < array_length(frames));
        frames[count++] = (struct slice){start, size};
        if (!start[size])
            return message_decode(frames, count, ret, fault);
        start += size + 1;
    }
}

Test(message, comes_back_as_it_was_sent)
{
    for (int type = 0; type < MESSAGE_TYPE_COUNT; type++) {
        struct message sent;
        struct message got = {0};
        struct message_frames first;
        struct message_frames second;
        struct fault fault = {0};

        message_sample((enum message_type)type, &sent);
        cr_assert(message_encode(&sent, &first, &fault), "%s: %s", message_name(sent.type), fault.text);
        cr_assert(message_decode(first.frames, first.count, &got, &fault), "%s: %s", message_name(sent.type),
                  fault.text);
        cr_assert(message_encode(&got, &second, &fault), "%s: %s", message_name(sent.type), fault.text);
        scoped(string_free) char *want = joined(&first);
        scoped(string_free) char *have = joined(&second);
        cr_expect_str_eq(have, want, "got %s, want %s", have, want);
    }
}

Test(message, has_its_fields_on_the_wire_in_order)
{
    struct message task;
    struct message_frames frames;
    struct fault fault = {0};

    message_sample(MESSAGE_TASK, &task);
    cr_assert(message_encode(&task, &frames, &fault), "%s", fault.text);
    scoped(string_free) char *got = joined(&frames);
    cr_expect_str_eq(got, "HANDOVER/1|TASK|42|7|patients|5|3|patient|1001|1200|30000", "got %s", got);
}

Test(message, takes_numbers_up_to_their_bounds)
{
    struct message message;
    struct fault fault = {0};

    cr_assert(decode("HANDOVER/1|DONE|9223372036854775807|1|0|9223372036854775807|0", &message, &fault), "%s",
              fault.text);
    cr_expect_eq(message.done.task, INT64_MAX, "got %" PRId64, message.done.task);
    cr_expect_eq(message.done.failed, INT64_MAX, "got %" PRId64, message.done.failed);
    cr_expect_eq(message.done.token, 1, "got %" PRId64, message.done.token);
}

Test(message, carries_the_kind_of_a_fault)
{
    struct message message;
    struct fault fault = {0};

    cr_assert(decode("HANDOVER/1|FAILED|1|2|in_doubt|no answer, après tout", &message, &fault), "%s", fault.text);
    cr_expect_eq(message.failed.fault, FAULT_IN_DOUBT, "got %s", fault_kind_name(message.failed.fault));
    cr_expect_str_eq(message.failed.reason, "no answer, après tout");
}

static const struct {
    const char *name;
    const char *written;
    const char *reason; /* a part of it */
} refusals[] = {
    {"nothing", "", "at least two frames"},
    {"no type", "HANDOVER/1", "at least two frames"},
    {"another protocol", "MDPW02|PING", "no message of Handover"},
    {"lower case", "handover/1|PING", "no message of Handover"},
    {"no version", "HANDOVER/|PING", "no message of Handover"},
    {"version with a tail", "HANDOVER/1 |PING", "no message of Handover"},
    {"newer version", "HANDOVER/2|PING", "version 1 of the protocol, the other one version 2"},
    {"older version", "HANDOVER/0|PING", "the other one version 0"},
    {"unknown type", "HANDOVER/1|PINGS", "names no type"},
    {"cut type", "HANDOVER/1|PIN", "names no type"},
    {"empty type", "HANDOVER/1|", "names no type"},
    {"lower-case type", "HANDOVER/1|ping", "names no type"},
    {"field too many on PING", "HANDOVER/1|PING|", "PING has 0 fields, and this one came with 1"},
    {"field missing", "HANDOVER/1|READY|patients", "READY has 2 fields, and this one came with 1"},
    {"field too many", "HANDOVER/1|READY|patients|1|1", "READY has 2 fields, and this one came with 3"},
    {"empty text", "HANDOVER/1|READY||1", "READY: the field kind is empty"},
    {"empty number", "HANDOVER/1|READY|patients|", "credit is not a whole number"},
    {"blank before a number", "HANDOVER/1|READY|patients| 1", "credit is not a whole number"},
    {"trailing byte", "HANDOVER/1|READY|patients|1x", "credit is not a whole number"},
    {"hexadecimal", "HANDOVER/1|READY|patients|0x1", "credit is not a whole number"},
    {"fraction", "HANDOVER/1|READY|patients|1.0", "credit is not a whole number"},
    {"plus sign", "HANDOVER/1|READY|patients|+1", "credit is not a whole number"},
    {"leading zero", "HANDOVER/1|READY|patients|01", "not written as the shortest"},
    {"negative zero", "HANDOVER/1|DONE|1|1|-0|0|0", "not written as the shortest"},
    {"below the least", "HANDOVER/1|READY|patients|0", "credit is 0, which is not within 1 to 100000"},
    {"above the greatest", "HANDOVER/1|READY|patients|100001", "credit is 100001"},
    {"negative", "HANDOVER/1|DONE|1|1|-1|0|0", "created is -1"},
    {"greatest + 1", "HANDOVER/1|CANCEL|9223372036854775808|1", "task is not a whole number of 64 bits"},
    {"many digits", "HANDOVER/1|CANCEL|111111111111111111111111111111111111111|1", "task is not a whole number"},
    {"not UTF-8", "HANDOVER/1|READY|p\xC3|1", "kind is not UTF-8"},
    {"line feed", "HANDOVER/1|READY|a\nb|1", "kind holds a control character"},
    {"delete", "HANDOVER/1|READY|a\x7F|1", "kind holds a control character"},
    {"too long", "HANDOVER/1|READY|123456789012345678901234567890123|1", "too long (33 bytes, at most 32)"},
    {"fault of no kind", "HANDOVER/1|FAILED|1|1|none|x", "fault is not the name of a kind of fault"},
    {"unknown fault", "HANDOVER/1|FAILED|1|1|oops|x", "fault is not the name of a kind of fault"},
};

Test(message, is_refused_with_a_reason_when_malformed)
{
    for (size_t i = 0; i < array_length(refusals); i++) {
        struct message message = {.type = MESSAGE_BYE};
        struct fault fault = {0};

        cr_expect_not(decode(refusals[i].written, &message, &fault), "%s: was taken", refusals[i].name);
        cr_expect_eq(fault.kind, FAULT_BAD_INPUT, "%s: got %s", refusals[i].name, fault_kind_name(fault.kind));
        cr_expect(strstr(fault.text, refusals[i].reason), "%s: got '%s', want '%s'", refusals[i].name, fault.text,
                  refusals[i].reason);
        cr_expect_eq(message.type, MESSAGE_BYE, "%s: the output was touched", refusals[i].name);
    }
}

Test(message, with_a_nul_inside_is_refused)
{
    const struct slice frames[] = {{"HANDOVER/1", 10}, {"READY", 5}, {"a\0b", 3}, {"1", 1}};
    struct message message;
    struct fault fault = {0};

    cr_assert_not(message_decode(frames, array_length(frames), &message, &fault));
    cr_expect(strstr(fault.text, "control character"), "got '%s'", fault.text);
}

Test(message, of_the_greatest_size_is_taken_and_one_byte_more_is_not)
{
    char reason[402];
    struct slice frames[] = {{"HANDOVER/1", 10}, {"REFUSED", 7}, {reason, 400}};
    struct message message;
    struct fault fault = {0};

    memset(reason, 'r', sizeof reason);
    cr_assert(message_decode(frames, 3, &message, &fault), "%s", fault.text);
    cr_expect_eq(strlen(message.refused.reason), 400, "got %zu", strlen(message.refused.reason));
    frames[2].size = 401;
    cr_expect_not(message_decode(frames, 3, &message, &fault));
}

/* Each frame in turn is cut to each shorter length and grown by a byte: nothing may be taken for another message. */
Test(message, decoding_survives_every_cut)
{
    for (int type = 0; type < MESSAGE_TYPE_COUNT; type++) {
        struct message sample;
        struct message_frames frames;
        struct fault fault = {0};

        message_sample((enum message_type)type, &sample);
        cr_assert(message_encode(&sample, &frames, &fault), "%s", fault.text);
        for (size_t i = 0; i < frames.count; i++) {
            struct slice whole = frames.frames[i];

            for (size_t size = 0; size < whole.size; size++) {
                struct message got;
                scoped(string_free) char *cut = x_strndup(whole.data, size);

                frames.frames[i] = (struct slice){cut, size};
                if (message_decode(frames.frames, frames.count, &got, &fault))
                    cr_expect(i >= 2 && got.type == sample.type, "%s: frame %zu cut to %zu was taken",
                              message_name(sample.type), i, size);
            }
            frames.frames[i] = whole;
        }
        for (size_t count = 0; count < frames.count; count++) {
            struct message got;

            cr_expect_not(message_decode(frames.frames, count, &got, &fault), "%s: taken with %zu frames",
                          message_name(sample.type), count);
        }
    }
}

Test(message, set_makes_any_text_fit)
{
    static const struct {
        const char *name;
        const char *text;
        const char *want;
    } cases[] = {
        {"plain", "abc", "abc"},
        {"empty", "", "-"},
        {"just fits", "1234567", "1234567"},
        {"too long", "12345678", "1234567"},
        {"cut before a character", "123456é", "123456"},
        {"character fits", "12345é", "12345é"},
        {"control characters", "a\tb\nc", "a b c"},
        {"not UTF-8", "a\xFF\xC3", "a??"},
        {"four bytes", "abc\xF0\x9F\xA6\xB7", "abc\xF0\x9F\xA6\xB7"},
        {"four bytes too late", "abcd\xF0\x9F\xA6\xB7", "abcd"},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        char field[8];

        memset(field, 'z', sizeof field);
        message_set(field, cases[i].text);
        cr_expect_str_eq(field, cases[i].want, "%s: got '%s', want '%s'", cases[i].name, field, cases[i].want);
    }
}

Test(message, that_breaks_its_own_rules_is_not_encoded)
{
    struct message cases[] = {
        {.type = MESSAGE_READY, .ready = {"", 1}},
        {.type = MESSAGE_READY, .ready = {"patients", 0}},
        {.type = MESSAGE_READY, .ready = {"pati\nents", 1}},
        {.type = MESSAGE_READY, .ready = {"pati\xFF", 1}},
        {.type = MESSAGE_FAILED, .failed = {1, 1, FAULT_NONE, "x"}},
        {.type = MESSAGE_FAILED, .failed = {1, 1, (enum fault_kind)99, "x"}},
        {.type = MESSAGE_CANCEL, .cancel = {0, 1}},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct message_frames frames;
        struct fault fault = {0};

        cr_expect_not(message_encode(&cases[i], &frames, &fault), "case %zu was encoded", i);
        cr_expect_eq(fault.kind, FAULT_INTERNAL, "case %zu: got %s", i, fault_kind_name(fault.kind));
    }
}

Test(message, without_an_end_in_its_text_is_not_encoded)
{
    struct message message = {.type = MESSAGE_READY, .ready.credit = 1};
    struct message_frames frames;
    struct fault fault = {0};

    memset(message.ready.kind, 'k', sizeof message.ready.kind);
    cr_expect_not(message_encode(&message, &frames, &fault));
    cr_expect(strstr(fault.text, "too long"), "got '%s'", fault.text);
}

Test(message, prints_its_fields_by_name)
{
    struct message message;
    struct text out;

    text_init(&out, 2000);
    message_sample(MESSAGE_FAILED, &message);
    message_print(&message, &out);
    cr_expect_str_eq(text_string(&out), "FAILED task=42 token=7 fault=denied "
                                        "reason=\"Cliniko refuses the key of account 3 (401).\"");
    text_release(&out);
}

Test(message, knows_its_direction)
{
    cr_expect_eq(message_direction(MESSAGE_HELLO), MESSAGE_TO_COORDINATOR);
    cr_expect_eq(message_direction(MESSAGE_BYE), MESSAGE_TO_COORDINATOR);
    cr_expect_eq(message_direction(MESSAGE_TASK), MESSAGE_TO_WORKER);
    cr_expect_eq(message_direction(MESSAGE_PING), MESSAGE_TO_WORKER);
}
