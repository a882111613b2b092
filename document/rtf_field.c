/* Fields whose result the writer left out since it follows from the instruction: symbols and form fields. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "document/codepage.h"
#include "document/rtf_parts.h"

enum form_type {
    FORM_TEXT,
    FORM_CHECK_BOX,
    FORM_DROP_DOWN,
};

static int form_choice(const struct rtf *rtf)
{
    return rtf->form_result == RTF_FORM_UNDEFINED ? rtf->form_default : rtf->form_result;
}

static void put_chosen_item(struct rtf *rtf)
{
    const char *item = text_string(&rtf->form_items);

    for (int i = 0; i < form_choice(rtf) && *item; i++) {
        const char *end = strchr(item, '\n');

        item = end ? end + 1 : "";
    }
    text_put(&rtf->field_text, item, strcspn(item, "\n"));
}

/* The word at the start of *text, which moves behind it; quotes are taken off. */
static struct slice next_word(const char **text)
{
    const char *start = *text + strspn(*text, " \t");
    bool quoted = *start == '"';
    size_t size = quoted ? strcspn(start + 1, "\"") : strcspn(start, " \t");

    start += quoted;
    *text = start + size + (quoted && start[size] == '"');
    return (struct slice){start, size};
}

/* SYMBOL 183 \f "Symbol": a byte of that font, or a code point with \u. */
static void put_symbol(struct rtf *rtf, const char *rest)
{
    struct slice number = next_word(&rest);
    unsigned long code = strtoul(number.data, NULL, 0);
    enum symbol_set symbols = SYMBOL_NONE;
    bool unicode = false;
    char western = (char)code;

    for (struct slice word = next_word(&rest); word.size; word = next_word(&rest)) {
        unicode = unicode || slice_equals(word, "\\u");
        if (slice_equals(word, "\\f")) {
            scoped(string_free) char *name = NULL;

            word = next_word(&rest);
            name = x_strndup(word.data, word.size);
            symbols = symbol_set_of_font(name);
        }
    }
    if (symbols != SYMBOL_NONE && (code <= 0xFF || (code >> 8) == 0xF0))
        text_put_codepoint(&rtf->field_text, symbol_codepoint(symbols, (unsigned char)code));
    else if (unicode && code <= 0x10FFFF)
        text_put_codepoint(&rtf->field_text, (unsigned)code);
    else if (code <= 0xFF)
        plain_put_encoded(codepage_name(CODEPAGE_WESTERN), (struct slice){&western, 1}, &rtf->field_text);
}

void rtf_end_field_code(struct rtf *rtf)
{
    const char *rest = text_string(&rtf->instruction);
    struct slice kind = next_word(&rest);

    text_clear(&rtf->field_text);
    if (slice_equals(kind, "SYMBOL"))
        put_symbol(rtf, rest);
    else if (slice_equals(kind, "FORMCHECKBOX"))
        text_puts(&rtf->field_text, form_choice(rtf) ? "\xE2\x98\x92" : "\xE2\x98\x90");
    else if (slice_equals(kind, "FORMDROPDOWN") && rtf->form_type == FORM_DROP_DOWN)
        put_chosen_item(rtf);
    text_clear(&rtf->instruction);
    text_clear(&rtf->form_items);
    rtf->form_type = FORM_TEXT;
    rtf->form_result = RTF_FORM_UNDEFINED;
    rtf->form_default = 0;
}

void rtf_end_field(struct rtf *rtf, const struct rtf_state *closed)
{
    if (rtf->field_text.size && rtf_pieces(rtf) == closed->mark)
        rtf_put_text(rtf, text_slice(&rtf->field_text));
    text_clear(&rtf->field_text);
}
