#include "source/tds_login.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "source/tds_settings.h"

enum { PASSWORD_SIZE = 512, CONFIGURATION_BYTES_MAX = 16 * 1024, PATH_SIZE = 64 };

struct tds_settings tds_settings;

const char tds_login_server[] = "handover-source";

static bool is_given(const char *setting)
{
    return setting && setting[0];
}

static bool read_password(char line[PASSWORD_SIZE], struct fault *fault)
{
    const char *path = tds_settings.password_file;
    scoped(file_close) FILE *file = NULL;

    line[0] = '\0';
    if (!is_given(path))
        return fault_set(fault, FAULT_BAD_INPUT,
                         "the password of the SQL Server is not known here: name a file that holds it with "
                         "--source-password-file or HANDOVER_SOURCE_PASSWORD_FILE");
    file = fopen(path, "r");
    if (!file)
        return fault_errno(fault, FAULT_BAD_INPUT, "cannot read the password of the SQL Server from %s", path);
    if (!fgets(line, PASSWORD_SIZE, file) || strlen(line) == PASSWORD_SIZE - 1)
        line[0] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    return line[0] || fault_set(fault, FAULT_BAD_INPUT,
                                "%s does not hold the password of the SQL Server: its first line is empty, or longer "
                                "than %d bytes",
                                path, PASSWORD_SIZE - 2);
}

/* FreeTDS tells a file that is not there no other way than a certificate that is refused. */
static bool check_ca_file(struct fault *fault)
{
    scoped(file_close) FILE *file = NULL;

    if (!is_given(tds_settings.ca_file))
        return true;
    file = fopen(tds_settings.ca_file, "r");
    return file ||
           fault_errno(fault, FAULT_BAD_INPUT, "cannot read the CA file of the SQL Server, %s", tds_settings.ca_file);
}

/* A file in memory: db-lib takes the name of a file only. Written anew for each connection; db-lib reads it at once. */
static bool write_configuration(const struct text *configuration, struct fault *fault)
{
    static int file = -1;
    char path[PATH_SIZE];

    if (file < 0)
        file = memfd_create("handover-source", MFD_CLOEXEC);
    if (file < 0 || ftruncate(file, 0) != 0 ||
        pwrite(file, text_string(configuration), configuration->size, 0) != (ssize_t)configuration->size)
        return fault_errno(fault, FAULT_INTERNAL, "cannot make the configuration of the connection to the SQL Server");
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    dbsetifile(path);
    return true;
}

/* FreeTDS manual, "The freetds.conf file". The text size says that no value is cut. */
static bool configure(const struct tds_url *url, bool encrypt, struct fault *fault)
{
    struct text out;
    bool good = true;

    text_init(&out, CONFIGURATION_BYTES_MAX);
    text_printf(&out,
                "[%s]\nhost = %s\nport = %" PRId64 "\ntds version = 7.4\nclient charset = UTF-8\nuse utf-16 = yes\n"
                "text size = 2147483647\nread-only intent = yes\nencryption = %s\ncheck certificate hostname = %s\n",
                tds_login_server, url->host, url->port, encrypt ? "require" : "request",
                is_given(tds_settings.ca_file) ? "yes" : "no");
    if (is_given(tds_settings.ca_file))
        text_printf(&out, "ca file = %s\n", tds_settings.ca_file);
    if (out.overflowed || (is_given(tds_settings.ca_file) && strpbrk(tds_settings.ca_file, "\r\n;#")))
        good =
            fault_set(fault, FAULT_BAD_INPUT,
                      "the path of the CA file of the SQL Server is too long, or has a line break, ';' or '#' in it");
    good = good && write_configuration(&out, fault);
    text_release(&out);
    return good;
}

/* Variables by which FreeTDS would be led to another server or version, whatever the address says. */
static void forget_environment(void)
{
    unsetenv("TDSHOST");
    unsetenv("TDSPORT");
    unsetenv("TDSVER");
}

bool tds_login_new(const struct tds_url *url, bool encrypt, LOGINREC **ret, struct fault *fault)
{
    char password[PASSWORD_SIZE];
    LOGINREC *login = NULL;

    if (!read_password(password, fault) || !check_ca_file(fault) || !configure(url, encrypt, fault)) {
        explicit_bzero(password, sizeof password);
        return false;
    }
    forget_environment();
    login = dblogin();
    if (!login || DBSETLUSER(login, url->user) == FAIL || DBSETLPWD(login, password) == FAIL ||
        DBSETLAPP(login, "handover") == FAIL || DBSETLDBNAME(login, url->database) == FAIL ||
        DBSETLVERSION(login, DBVERSION_74) == FAIL || DBSETLREADONLY(login, 1) == FAIL) {
        explicit_bzero(password, sizeof password);
        if (login)
            dbloginfree(login);
        return fault_set(
            fault, FAULT_BAD_INPUT,
            "FreeTDS does not take the login of the SQL Server: user, password and database may have up to "
            "128 characters");
    }
    explicit_bzero(password, sizeof password);
    *ret = login;
    return true;
}
