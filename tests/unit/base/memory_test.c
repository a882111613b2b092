#include "base/memory.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/must.h"

Test(memory, is_zeroed)
{
    unsigned char *bytes = x_alloc(1000);
    int *numbers = x_alloc_array(100, sizeof *numbers);

    for (size_t i = 0; i < 1000; i++)
        cr_assert_eq(bytes[i], 0);
    for (size_t i = 0; i < 100; i++)
        cr_assert_eq(numbers[i], 0);
    free(bytes);
    free(numbers);
}

Test(memory, of_no_size_is_not_null)
{
    void *none = x_alloc(0);
    void *array = x_alloc_array(0, 8);
    void *grown = x_grow_array(NULL, 0, 8);

    cr_expect(none && array && grown);
    free(none);
    free(array);
    free(grown);
}

/* Runs in a process of its own, since AddressSanitizer ends it in another way than we do. */
static void expect_the_end(void *(*allocate)(void))
{
    int status = 0;
    pid_t child = fork();

    cr_assert(child >= 0);
    if (child == 0) {
        close(STDERR_FILENO);
        _exit(allocate() ? 0 : 1);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect(WIFSIGNALED(status) || WEXITSTATUS(status) > 1, "got the memory, or NULL: %d", status);
}

static void *array_beyond_bounds(void)
{
    return x_alloc_array(SIZE_MAX / 2, 3);
}

static void *growth_beyond_bounds(void)
{
    return x_grow_array(NULL, SIZE_MAX / 2, 3);
}

Test(memory, whose_size_overflows_ends_the_process)
{
    expect_the_end(array_beyond_bounds);
    expect_the_end(growth_beyond_bounds);
}

Test(memory, copies_texts)
{
    scoped(string_free) char *whole = x_strdup("abc");
    scoped(string_free) char *part = x_strndup("abc", 2);
    scoped(string_free) char *empty = x_strndup(NULL, 0);
    scoped(string_free) char *printed = x_sprintf("%d-%s", 7, "x");

    cr_expect_str_eq(whole, "abc");
    cr_expect_str_eq(part, "ab");
    cr_expect_str_eq(empty, "");
    cr_expect_str_eq(printed, "7-x");
    cr_expect_null(x_strdup(NULL));
}

static int released;

static void release(int *value)
{
    released += *value;
}

static int early_return(bool early)
{
    scoped(release) int first = 1;

    if (early)
        return first;
    {
        scoped(release) int second = 10;

        (void)second;
    }
    return released;
}

Test(scope, releases_on_every_way_out)
{
    early_return(true);
    cr_expect_eq(released, 1, "got %d", released);
    released = 0;
    cr_expect_eq(early_return(false), 10, "the inner one is released at the end of its block");
    cr_expect_eq(released, 11, "got %d", released);
}

static char *give(void)
{
    scoped(string_free) char *text = x_strdup("given");

    return steal(text);
}

Test(scope, lets_stolen_results_live)
{
    scoped(string_free) char *text = give();

    cr_expect_str_eq(text, "given");
}

Test(scope, destructors_take_what_is_empty)
{
    char *text = NULL;
    FILE *file = NULL;
    int descriptor = -1;

    string_free(&text);
    file_close(&file);
    descriptor_close(&descriptor);
    cr_expect_eq(descriptor, -1);
}

Test(scope, destructors_clear_the_place)
{
    char *text = x_strdup("x");
    FILE *file = fopen("/dev/null", "r");
    int descriptor = open("/dev/null", O_RDONLY);
    int number = descriptor;

    string_free(&text);
    file_close(&file);
    descriptor_close(&descriptor);
    cr_expect_null(text);
    cr_expect_null(file);
    cr_expect_eq(descriptor, -1);
    cr_expect(fcntl(number, F_GETFD) == -1 && errno == EBADF, "the descriptor is open");
}

Test(must, ends_the_process_when_a_rule_is_broken, .signal = SIGABRT)
{
    must(1 + 1 == 3);
}

Test(must, does_nothing_when_it_holds)
{
    must(1 + 1 == 2);
}
