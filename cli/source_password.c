#include "cli/source_password.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include "base/memory.h"
#include "source/tds_settings.h"
#include "source/tds_url.h"

enum { PASSWORD_SIZE = 512, PATH_SIZE = 64 };

static void hand_down(const char *variable, const char **setting)
{
    char *full = *setting && (*setting)[0] ? realpath(*setting, NULL) : NULL;

    if (!full)
        return;
    setenv(variable, full, 1);
    *setting = full; /* settings live as long as the program */
}

static bool ask(const struct tds_url *url, char line[PASSWORD_SIZE])
{
    scoped(file_close) FILE *terminal = fopen("/dev/tty", "r+");
    struct termios shown;
    struct termios hidden;
    bool got = false;

    if (!terminal || tcgetattr(fileno(terminal), &shown) != 0)
        return false;
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    fprintf(terminal, "Password of '%s' on the SQL Server %s (not shown): ", url->user, url->host);
    fflush(terminal);
    tcsetattr(fileno(terminal), TCSAFLUSH, &hidden);
    got = fgets(line, PASSWORD_SIZE, terminal) != NULL;
    tcsetattr(fileno(terminal), TCSAFLUSH, &shown);
    fputs("\n", terminal);
    return got;
}

/* The descriptor stays open, and is inherited: each process finds the file under the same number. */
static void keep(const char *line)
{
    static char path[PATH_SIZE];
    int file = memfd_create("handover-source-password", 0);

    if (file < 0 || write(file, line, strlen(line)) != (ssize_t)strlen(line))
        return;
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    tds_settings.password_file = path;
    setenv("HANDOVER_SOURCE_PASSWORD_FILE", path, 1);
}

void source_password_prepare(const char *source)
{
    scoped(tds_url_destroy) struct tds_url *url = NULL;
    struct fault ignored = {0};
    char line[PASSWORD_SIZE] = "";

    if (!tds_url_recognise(source) || !tds_url_parse(source, &url, &ignored))
        return;
    hand_down("HANDOVER_SOURCE_CA_FILE", &tds_settings.ca_file);
    if (tds_settings.password_file && tds_settings.password_file[0])
        hand_down("HANDOVER_SOURCE_PASSWORD_FILE", &tds_settings.password_file);
    else if (ask(url, line))
        keep(line);
    explicit_bzero(line, sizeof line);
}
