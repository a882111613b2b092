#include "sandbox/tds_lexer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/text.h"

enum { TEXT_MAX = 1024 * 1024 };

bool tds_lexer_refuse(struct tds_lexer *lexer, const char *wanted)
{
    if (lexer->fault->kind != FAULT_NONE)
        return false;
    return fault_set(lexer->fault, FAULT_BAD_INPUT, "Incorrect syntax near '%.*s', byte %zu: %s is expected.",
                     lexer->token.size < 40 ? (int)lexer->token.size : 40, lexer->token.start,
                     (size_t)(lexer->token.start - lexer->start), wanted);
}

static void skip_blanks(struct tds_lexer *lexer)
{
    while (*lexer->at) {
        if (isspace((unsigned char)*lexer->at)) {
            lexer->at++;
        } else if (strncmp(lexer->at, "--", 2) == 0) {
            lexer->at += strcspn(lexer->at, "\n");
        } else if (strncmp(lexer->at, "/*", 2) == 0) {
            const char *end = strstr(lexer->at, "*/");

            lexer->at = end ? end + 2 : lexer->at + strlen(lexer->at);
        } else {
            return;
        }
    }
}

/* Up to the closing mark, which stands for itself when doubled. */
static bool read_quoted(struct tds_lexer *lexer, char close)
{
    struct text out;

    text_init(&out, TEXT_MAX);
    for (lexer->at++; *lexer->at; lexer->at++) {
        if (*lexer->at == close && lexer->at[1] != close)
            break;
        lexer->at += *lexer->at == close;
        text_putc(&out, *lexer->at);
    }
    lexer->token.text = text_take(&out);
    if (*lexer->at != close)
        return tds_lexer_refuse(lexer, "the end of a text or name");
    lexer->at++;
    return true;
}

static bool is_word_byte(char byte)
{
    return isalnum((unsigned char)byte) || byte == '_' || byte == '@' || byte == '#' || byte == '$' ||
           (unsigned char)byte >= 0x80;
}

static void read_sign(struct tds_lexer *lexer)
{
    static const char *const doubles[] = {"<=", ">=", "<>", "!="};

    lexer->token.kind = TOKEN_SIGN;
    for (size_t i = 0; i < array_length(doubles); i++)
        if (strncmp(lexer->at, doubles[i], 2) == 0) {
            lexer->at += 2;
            return;
        }
    lexer->at++;
}

bool tds_lexer_advance(struct tds_lexer *lexer)
{
    bool good = true;

    free(lexer->token.text);
    skip_blanks(lexer);
    lexer->token = (struct tds_token){.start = lexer->at};
    if (!*lexer->at) {
        lexer->token.kind = TOKEN_END;
    } else if (*lexer->at == '[' || *lexer->at == '"') {
        lexer->token.kind = TOKEN_QUOTED;
        good = read_quoted(lexer, *lexer->at == '[' ? ']' : '"');
    } else if (*lexer->at == '\'' || ((*lexer->at == 'N' || *lexer->at == 'n') && lexer->at[1] == '\'')) {
        lexer->token.kind = TOKEN_TEXT;
        lexer->at += *lexer->at != '\'';
        good = read_quoted(lexer, '\'');
    } else if (isdigit((unsigned char)*lexer->at)) {
        lexer->token.kind = TOKEN_NUMBER;
        while (isdigit((unsigned char)*lexer->at) || *lexer->at == '.')
            lexer->at++;
    } else if (is_word_byte(*lexer->at)) {
        lexer->token.kind = TOKEN_WORD;
        while (is_word_byte(*lexer->at))
            lexer->at++;
        lexer->token.text = x_strndup(lexer->token.start, (size_t)(lexer->at - lexer->token.start));
    } else {
        read_sign(lexer);
    }
    lexer->token.size = (size_t)(lexer->at - lexer->token.start);
    return good;
}

bool tds_lexer_is_word(const struct tds_lexer *lexer, const char *word)
{
    return lexer->token.kind == TOKEN_WORD && strcasecmp(lexer->token.text, word) == 0;
}

bool tds_lexer_is_sign(const struct tds_lexer *lexer, const char *sign)
{
    return lexer->token.kind == TOKEN_SIGN && lexer->token.size == strlen(sign) &&
           strncmp(lexer->token.start, sign, lexer->token.size) == 0;
}
