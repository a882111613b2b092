/*
 * The questions that a profile puts to the clinic: what the old system does not say and the mapping has to know. An
 * answer is one of the choices; one that holds lets the transfer wait for the operator.
 */
#ifndef MODEL_QUESTIONS_H
#define MODEL_QUESTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/json.h"
#include "model/expression.h"

enum { QUESTIONS_MAX = 40, QUESTION_CHOICES_MAX = 12, QUESTION_COLUMNS_MAX = 16 };

struct question_choice {
    char *value;
    char *meaning;
    bool holds;
};

struct question {
    char *id;
    char *ask;
    struct question_choice choices[QUESTION_CHOICES_MAX];
    size_t choice_count;
    char *fallback;    /* the answer when none is given: the question never holds a transfer; NULL for none */
    char *about_table; /* it matters only when this table has rows that fit; NULL: it always matters */
    struct condition *about;
    char *about_columns[QUESTION_COLUMNS_MAX]; /* that the condition reads, by number */
    size_t about_column_count;
};

struct questions {
    struct question items[QUESTIONS_MAX];
    size_t count;
};

/* Reads the profile's member "questions"; NULL gives no questions. Faults begin with the JSON path of what is wrong. */
MUST_CHECK bool questions_read(const struct json *json, struct questions **ret, struct fault *fault);
void questions_destroy(struct questions **questions);

/* NULL when there is no such question. */
const struct question *questions_find(const struct questions *questions, const char *id);

/* What counts as the answer: the one in answers.questions, else the fallback; NULL while it is open. A choice that
 * holds leaves it open. `answers` is the answers' JSON object or NULL. */
const char *question_answer_of(const struct question *question, const struct json *answers);

/* Every answer in answers.questions belongs to a question and is one of its choices; sections have their shapes. Faults
 * name the member and list what there is. */
MUST_CHECK bool questions_check(const struct questions *questions, const struct json *answers, struct fault *fault);

#endif
