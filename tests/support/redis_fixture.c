#include "redis_fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noreturn)) static void fail(const char *what)
{
    fprintf(stderr, "redis_fixture: %s: %s\n", what, strerror(errno));
    exit(1);
}

__attribute__((noreturn)) static void run_server(const struct redis_fixture *fixture, int log)
{
    const char *const arguments[] = {
        "redis-server",    "--port", "0",          "--unixsocket", fixture->socket, "--save",        "",
        "--appendonly",    "no",     "--loglevel", "notice",       "--dir",         fixture->folder, "--requirepass",
        fixture->password, NULL,
    };
    char *copies[sizeof arguments / sizeof arguments[0]] = {NULL};
    sigset_t none;

    for (size_t i = 0; arguments[i]; i++)
        copies[i] = strdup(arguments[i]);
    if (!fixture->password)
        copies[13] = NULL;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(log, STDOUT_FILENO);
    execvp(copies[0], copies);
    fail("cannot run redis-server");
}

/* The server says on its standard output when it listens: nobody has to guess or to sleep. */
static void wait_until_ready(const struct redis_fixture *fixture)
{
    char said[20000];
    size_t size = 0;

    while (size < sizeof said - 1) {
        ssize_t more = read(fixture->log, said + size, sizeof said - 1 - size);

        if (more < 0 && errno == EINTR)
            continue;
        if (more <= 0)
            break;
        size += (size_t)more;
        said[size] = '\0';
        if (strstr(said, "ready to accept connections at"))
            return;
    }
    fprintf(stderr, "redis_fixture: redis-server did not start:\n%.*s\n", (int)size, said);
    exit(1);
}

static void launch(struct redis_fixture *fixture)
{
    int ends[2];

    if (pipe(ends) != 0)
        fail("pipe");
    fixture->pid = fork();
    if (fixture->pid < 0)
        fail("fork");
    if (fixture->pid == 0) {
        close(ends[0]);
        run_server(fixture, ends[1]);
    }
    close(ends[1]);
    fixture->log = ends[0];
    wait_until_ready(fixture);
}

void redis_fixture_start(struct redis_fixture *fixture, const char *password)
{
    *fixture = (struct redis_fixture){.folder = "/tmp/handover-redis-XXXXXX", .password = password};
    if (!mkdtemp(fixture->folder))
        fail("mkdtemp");
    snprintf(fixture->socket, sizeof fixture->socket, "%s/s", fixture->folder);
    snprintf(fixture->url, sizeof fixture->url, "unix://%s", fixture->socket);
    launch(fixture);
}

void redis_fixture_kill(struct redis_fixture *fixture)
{
    if (!fixture->pid)
        return;
    kill(fixture->pid, SIGKILL);
    while (waitpid(fixture->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    close(fixture->log);
    fixture->pid = 0;
}

void redis_fixture_restart(struct redis_fixture *fixture)
{
    redis_fixture_kill(fixture);
    launch(fixture);
}

void redis_fixture_stop(struct redis_fixture *fixture)
{
    redis_fixture_kill(fixture);
    unlink(fixture->socket);
    rmdir(fixture->folder);
}
