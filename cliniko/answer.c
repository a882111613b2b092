#include "cliniko/answer.h"

#include <string.h>

#include "base/memory.h"
#include "cliniko/object.h"
#include "cliniko/throttle.h"

enum {
    REASONS_MAX = 4000,
    WORDS_SHOWN = 120,
    REASONS_SHOWN = 280, /* leaves room for the rest of the sentence in a fault's text */
};

/* ---- the words of a refusal ---- */

static void put_reason_texts(const struct json *value, struct text *out)
{
    const char *between = "";

    if (json_is_text(value)) {
        text_puts(out, json_text(value, ""));
        return;
    }
    if (!json_is_array(value) || json_count(value) == 0) {
        text_puts(out, json_is_null(value) || json_is_array(value) ? "no reason given" : "a reason that is no text");
        return;
    }
    for (const struct json *each = json_first(value); each; each = json_next(each)) {
        text_puts(out, between);
        text_puts(out, json_text(each, "no reason given"));
        between = ", ";
    }
}

void answer_put_reasons(const struct json *body, struct text *out)
{
    const struct json *errors = json_member(body, "errors");
    const char *between = "";

    if (!json_is_object(errors) || json_count(errors) == 0) {
        text_puts(out, json_text(json_member(body, "message"), ""));
        return;
    }
    for (const struct json *field = json_first(errors); field; field = json_next(field)) {
        text_puts(out, between);
        text_puts(out, json_name(field));
        text_puts(out, ": ");
        put_reason_texts(field, out);
        between = "; ";
    }
}

/* Shortens to `size` bytes without cutting a character in two; line breaks become blanks. */
static void shorten(struct text *text, size_t size)
{
    for (size_t i = 0; i < text->size; i++)
        if ((unsigned char)text->data[i] < ' ')
            text->data[i] = ' ';
    if (text->size <= size)
        return;
    while (size > 0 && ((unsigned char)text->data[size] & 0xc0) == 0x80)
        size--;
    text->size = size;
    text->data[size] = '\0';
    text_puts(text, "…");
}

/* What kind of body came instead of JSON; never its content, which may be a whole page. */
static void put_body_facts(const struct http_answer *answer, struct text *out)
{
    bool plain = answer->type.size > 0;

    for (size_t i = 0; i < answer->type.size; i++)
        plain = plain && answer->type.data[i] >= ' ' && answer->type.data[i] <= '~';
    if (answer->body.size == 0)
        text_puts(out, "no body");
    else
        text_printf(out, "%zu bytes of %.*s", answer->body.size, plain ? (int)answer->type.size : 12,
                    plain ? answer->type.data : "unknown type");
}

static void put_reasons(const struct http_answer *answer, struct text *out)
{
    scoped(json_destroy) struct json *body = NULL;
    struct fault ignored;

    if (json_parse(answer->body.data, answer->body.size, &body, &ignored))
        answer_put_reasons(body, out);
    if (out->size == 0)
        put_body_facts(answer, out);
    shorten(out, REASONS_SHOWN);
}

/* ---- the classes ---- */

static bool set_coded(struct fault *fault, enum fault_kind kind, int status, const char *text)
{
    fault_set(fault, kind, "%s", text);
    fault->code = status;
    return false;
}

/* Neither yes nor no: a create may have happened, anything else is tried again. */
static bool uncertain(const struct answer_question *question, int status, const char *why, struct fault *fault)
{
    if (question->create)
        fault_set(fault, FAULT_IN_DOUBT, "Cliniko may or may not have done it (%s): %s", question->action, why);
    else
        fault_set(fault, FAULT_RETRY, "Cliniko could not %s: %s", question->action, why);
    fault->code = status;
    return false;
}

static bool throttled(const struct http_answer *answer, const struct answer_question *question, struct fault *fault)
{
    int64_t wait_ms = throttle_wait_ms(answer->reset, answer->date, question->jitter_permille);

    fault_set(fault, FAULT_RETRY, "Cliniko's rate limit is used up; no request for %.1f s", (double)wait_ms / 1000);
    fault->code = 429;
    fault->retry_after_ms = wait_ms;
    return false;
}

/* The words of a 403 that has any: it may be empty, or be about something else than the role (API reference 4, 5.18).
 */
static void put_own_words(const struct http_answer *answer, struct text *out)
{
    scoped(json_destroy) struct json *body = NULL;
    struct text reasons;
    struct fault ignored;

    text_init(&reasons, REASONS_MAX);
    if (json_parse(answer->body.data, answer->body.size, &body, &ignored))
        answer_put_reasons(body, &reasons);
    shorten(&reasons, WORDS_SHOWN);
    if (reasons.size > 0)
        text_printf(out, " (%s)", text_string(&reasons));
    text_release(&reasons);
}

static bool denied(const struct http_answer *answer, const struct answer_question *question, struct fault *fault)
{
    int status = answer->status;
    struct text words;

    text_init(&words, REASONS_MAX);
    put_own_words(answer, &words);
    if (status == 401)
        fault_set(
            fault, FAULT_DENIED,
            "the key is not valid on shard %s: it was revoked, or the account is on another shard; enter a new key",
            question->shard);
    else if (status == 403)
        fault_set(
            fault, FAULT_DENIED,
            "Cliniko does not let the user of this key %s: give the user a role that may, or use another user's key%s",
            question->action, text_string(&words));
    else
        fault_set(
            fault, FAULT_DENIED,
            "Cliniko answered with a redirect (%d) instead of serving shard %s; it is not followed, since the key "
            "would go with it: check the key's shard and the base URL",
            status, question->shard);
    text_release(&words);
    fault->code = status;
    return false;
}

static bool refused(const struct http_answer *answer, const struct answer_question *question, struct fault *fault)
{
    struct text reasons;
    struct text text;

    text_init(&reasons, REASONS_MAX);
    text_init(&text, FAULT_TEXT_SIZE);
    put_reasons(answer, &reasons);
    if (answer->status == 400 || answer->status == 422)
        text_printf(&text, "Cliniko refused it (%d): %s", answer->status, text_string(&reasons));
    else if (answer->status == 404)
        text_printf(&text, "Cliniko does not know it (404): %s", text_string(&reasons));
    else
        text_printf(&text, "Cliniko answered %d to '%s': %s", answer->status, question->action, text_string(&reasons));
    set_coded(fault, FAULT_REFUSED, answer->status, text_string(&text));
    text_release(&reasons);
    text_release(&text);
    return false;
}

static bool broken(const struct http_answer *answer, const struct answer_question *question, const char *how,
                   struct fault *fault)
{
    struct text facts;

    text_init(&facts, REASONS_MAX);
    text_printf(&facts, "it answered %d with ", answer->status);
    put_body_facts(answer, &facts);
    text_printf(&facts, ", %s", how);
    uncertain(question, answer->status, text_string(&facts), fault);
    text_release(&facts);
    return false;
}

static bool succeeded(const struct http_answer *answer, const struct answer_question *question, struct json **ret_json,
                      struct fault *fault)
{
    scoped(json_destroy) struct json *body = NULL;
    struct fault reason;
    const char *id = NULL;

    if (answer->body.size > 0 && !json_parse(answer->body.data, answer->body.size, &body, &reason))
        return broken(answer, question, "which is not JSON", fault);
    if (!body && answer->status == 200)
        return broken(answer, question, "where an object is due", fault);
    if (question->create && !object_id(body, &id, &reason))
        return broken(answer, question, "without the new object's id", fault);
    *ret_json = steal(body);
    return true;
}

/* A status in the 400s is final knowledge even when its body was lost: it says that nothing was done. 408 is the front
 * end's own time-out and says nothing. */
static bool is_final(int status)
{
    return status >= 300 && status < 500 && status != 408;
}

bool answer_judge(const struct http_answer *answer, const struct answer_question *question, struct json **ret_json,
                  struct fault *fault)
{
    int status = answer->status;

    if (answer->end == HTTP_NOT_SENT) {
        fault_set(fault, FAULT_RETRY, "cannot reach Cliniko to %s: %.250s", question->action, answer->problem);
        return false;
    }
    if (answer->end == HTTP_LOST && !is_final(status))
        return uncertain(question, status, answer->problem, fault);
    if (status >= 200 && status < 300)
        return succeeded(answer, question, ret_json, fault);
    if (status == 429)
        return throttled(answer, question, fault);
    if (status == 401 || status == 403 || (status >= 300 && status < 400))
        return denied(answer, question, fault);
    if (is_final(status))
        return refused(answer, question, fault);
    return broken(answer, question, "where a success is due", fault);
}
