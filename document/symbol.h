/*
 * Fonts whose letters are signs: what their bytes look like, in Unicode.
 */
#ifndef DOCUMENT_SYMBOL_H
#define DOCUMENT_SYMBOL_H

enum symbol_set {
    SYMBOL_NONE,
    SYMBOL_GREEK, /* the font Symbol */
    SYMBOL_WINGDINGS,
    SYMBOL_WINGDINGS_2,
    SYMBOL_WINGDINGS_3,
    SYMBOL_WEBDINGS,
};

/* By the font's name; SYMBOL_NONE for a font of letters. */
enum symbol_set symbol_set_of_font(const char *name);

/* The sign that the byte looks like in that font. Where Unicode has none, the code point of the private area that
 * Windows gives to it, U+F000 + byte. */
unsigned symbol_codepoint(enum symbol_set set, unsigned char byte);

#endif
