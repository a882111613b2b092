/* The words of Transact-SQL, one after another. */
#ifndef SANDBOX_TDS_LEXER_H
#define SANDBOX_TDS_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

enum tds_token_kind { TOKEN_END, TOKEN_WORD, TOKEN_QUOTED, TOKEN_TEXT, TOKEN_NUMBER, TOKEN_SIGN };

struct tds_token {
    enum tds_token_kind kind;
    const char *start;
    size_t size;
    char *text; /* of a word, a name in brackets, or a text: without quotes */
};

struct tds_lexer {
    const char *start; /* of everything */
    const char *at;
    struct tds_token token; /* at hand; its text is freed by the next one, and at last by the owner */
    unsigned depth;         /* for the parser: how deep it is */
    struct fault *fault;
};

/* Goes on to the next token, comments and blanks left out. False with a fault when a text or name does not end. */
bool tds_lexer_advance(struct tds_lexer *lexer);

/* Always false: what is wanted in place of the token at hand, unless there is a fault already. */
bool tds_lexer_refuse(struct tds_lexer *lexer, const char *wanted);

bool tds_lexer_is_word(const struct tds_lexer *lexer, const char *word);
bool tds_lexer_is_sign(const struct tds_lexer *lexer, const char *sign);

#endif
