#include "cli/data_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/must.h"

enum {
    ROOM_LEAST_MB = 256, /* a new cluster takes 40 MB, and its journal grows by 16 MB at a time */
    LOG_MAX_BYTES = 10 * 1024 * 1024,
    TAIL_BYTES = 200,
    SEAL_KEY_BYTES = 32,
    SOCKET_PATH_MAX = 107, /* bytes, in Linux */
    LONGEST_SOCKET = sizeof "/.s.PGSQL.5432" - 1,
};

static const char lock_name[] = "handover.lock";

char *data_folder_path(const struct data_folder *folder, const char *name)
{
    return x_sprintf("%s/%s", folder->path, name);
}

/* Debian's postgresql package makes the user. It never becomes the owner of the folder itself: a server that is broken
 * into must not be able to replace the seal key. */
static bool find_server_user(struct child_user *ret, struct fault *fault)
{
    const struct passwd *entry = NULL;

    *ret = (struct child_user){.change = geteuid() == 0, .uid = geteuid(), .gid = getegid()};
    if (!ret->change)
        return true;
    entry = getpwnam("postgres");
    if (!entry)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "PostgreSQL does not run as root, and there is no user postgres. Install Debian's package "
                         "postgresql, or run this as another user.");
    ret->uid = entry->pw_uid;
    ret->gid = entry->pw_gid;
    return true;
}

/* Parents that are missing are made too; those stay passable for the servers' user. */
static bool make_folders(const char *path, bool as_root, struct fault *fault)
{
    scoped(string_free) char *part = x_strdup(path);

    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0700) == 0)
            chmod(part, as_root ? 0711 : 0700);
        else if (errno != EEXIST)
            return fault_errno(fault, FAULT_BAD_INPUT, "Cannot make the folder %s", part);
        *slash = '/';
    }
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return fault_errno(fault, FAULT_BAD_INPUT, "Cannot make the data folder %s", path);
    return true;
}

static bool passes(const struct stat *status, const struct child_user *user)
{
    if (status->st_uid == user->uid)
        return status->st_mode & S_IXUSR;
    if (status->st_gid == user->gid)
        return status->st_mode & S_IXGRP;
    return status->st_mode & S_IXOTH;
}

/* A home folder of root, say, is closed to the user that the servers run as. */
static bool check_way(const struct data_folder *folder, struct fault *fault)
{
    scoped(string_free) char *part = x_strdup(folder->path);
    char *slash = NULL;

    for (slash = strrchr(part, '/'); slash && slash != part; slash = strrchr(part, '/')) {
        struct stat status;

        *slash = '\0';
        if (stat(part, &status) == 0 && !passes(&status, &folder->server_user))
            return fault_set(fault, FAULT_BAD_INPUT,
                             "The servers run as user postgres, and that user may not pass %s. Choose another data "
                             "folder with --data, such as /var/lib/handover.",
                             part);
    }
    return true;
}

static bool is_empty(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry = NULL;
    bool empty = folder != NULL;

    while (empty && (entry = readdir(folder)))
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
                strcmp(entry->d_name, "lost+found") == 0;
    if (folder)
        closedir(folder);
    return empty;
}

/* Guards against --data /etc: what is not empty must be a folder that an earlier run made. */
static bool claim(struct data_folder *folder, struct fault *fault)
{
    scoped(string_free) char *lock = data_folder_path(folder, lock_name);
    struct stat status;

    if (stat(folder->path, &status) != 0 || !S_ISDIR(status.st_mode))
        return fault_set(fault, FAULT_BAD_INPUT, "%s is not a folder. Choose another with --data.", folder->path);
    if (status.st_uid != geteuid())
        return fault_set(fault, FAULT_BAD_INPUT, "The data folder %s belongs to another user (%d).", folder->path,
                         (int)status.st_uid);
    if (access(lock, F_OK) != 0 && !is_empty(folder->path))
        return fault_set(fault, FAULT_BAD_INPUT,
                         "%s is not empty, and no data folder of Handover. Choose another with --data.", folder->path);
    if (folder->server_user.change &&
        (chown(folder->path, geteuid(), folder->server_user.gid) != 0 || chmod(folder->path, 0710) != 0))
        return fault_errno(fault, FAULT_BAD_INPUT, "Cannot open the data folder %s to user postgres", folder->path);
    if (!folder->server_user.change && chmod(folder->path, 0700) != 0)
        return fault_errno(fault, FAULT_BAD_INPUT, "Cannot close the data folder %s to others", folder->path);
    return true;
}

static bool take_lock(struct data_folder *folder, struct fault *fault)
{
    scoped(string_free) char *path = data_folder_path(folder, lock_name);
    char holder[16] = "";

    folder->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (folder->lock < 0)
        return fault_errno(fault, FAULT_BAD_INPUT, "Cannot open %s", path);
    if (flock(folder->lock, LOCK_EX | LOCK_NB) != 0) {
        ssize_t size = read(folder->lock, holder, sizeof holder - 1);

        holder[size > 0 ? size : 0] = '\0';
        holder[strcspn(holder, "\n")] = '\0';
        return fault_set(fault, FAULT_BAD_INPUT,
                         "The data folder %s is in use by another run (process %s). Wait for its end, stop it, or "
                         "choose another folder with --data.",
                         folder->path, holder[0] ? holder : "unknown");
    }
    if (ftruncate(folder->lock, 0) != 0 || dprintf(folder->lock, "%d\n", (int)getpid()) < 0)
        return fault_errno(fault, FAULT_BAD_INPUT, "Cannot write %s", path);
    return true;
}

static bool check_room(const struct data_folder *folder, struct fault *fault)
{
    struct statvfs room;
    uint64_t free_mb = 0;

    if (statvfs(folder->path, &room) != 0)
        return fault_errno(fault, FAULT_BAD_INPUT, "Cannot read the free space of %s", folder->path);
    free_mb = (uint64_t)room.f_bavail * room.f_frsize / (1024 * 1024);
    if (free_mb < ROOM_LEAST_MB)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "The disk of the data folder %s has %" PRIu64 " MB left, and at least %d MB are needed. Free "
                         "some, or choose another folder with --data.",
                         folder->path, free_mb, ROOM_LEAST_MB);
    return true;
}

static bool hand_over(const struct data_folder *folder, const char *path, struct fault *fault)
{
    if (chmod(path, 0700) != 0 ||
        (folder->server_user.change && chown(path, folder->server_user.uid, folder->server_user.gid) != 0))
        return fault_errno(fault, FAULT_BAD_INPUT, "Cannot give %s to the servers", path);
    return true;
}

bool data_folder_make(const struct data_folder *folder, const char *name, struct fault *fault)
{
    scoped(string_free) char *path = data_folder_path(folder, name);

    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return fault_errno(fault, FAULT_BAD_INPUT, "Cannot make the folder %s", path);
    return hand_over(folder, path, fault);
}

/* A short folder that an earlier, killed run left, when `link` still leads to it and nobody else can have made it. */
static bool reuse_short(const struct data_folder *folder, const char *link, char ret[SOCKET_FOLDER_SIZE])
{
    char target[SOCKET_FOLDER_SIZE];
    ssize_t size = readlink(link, target, sizeof target);
    struct stat status;

    if (size <= 0 || size >= (ssize_t)sizeof target)
        return false;
    target[size] = '\0';
    if (lstat(target, &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != folder->server_user.uid ||
        (status.st_mode & 07777) != 0700)
        return false;
    memcpy(ret, target, sizeof target);
    return true;
}

static bool make_short(const struct data_folder *folder, const char *link, char ret[SOCKET_FOLDER_SIZE],
                       struct fault *fault)
{
    const char *own = getenv("XDG_RUNTIME_DIR");
    const char *const places[] = {geteuid() == 0 ? "/run" : own, "/tmp"};

    if (reuse_short(folder, link, ret))
        return true;
    for (size_t i = 0; i < array_length(places); i++) {
        if (!places[i] || strlen(places[i]) > 60)
            continue;
        snprintf(ret, SOCKET_FOLDER_SIZE, "%s/handover-XXXXXX", places[i]);
        if (!mkdtemp(ret))
            continue;
        unlink(link);
        if (symlink(ret, link) != 0)
            return fault_errno(fault, FAULT_BAD_INPUT, "Cannot make %s", link);
        return hand_over(folder, ret, fault);
    }
    return fault_errno(fault, FAULT_BAD_INPUT,
                       "The path %s is too long for sockets, and there is no room for them in /tmp either", link);
}

static bool make_sockets(struct data_folder *folder, struct fault *fault)
{
    scoped(string_free) char *run = data_folder_path(folder, "run");

    if (strlen(run) + LONGEST_SOCKET > SOCKET_PATH_MAX)
        return make_short(folder, run, folder->sockets, fault);
    must(strlen(run) < sizeof folder->sockets);
    memcpy(folder->sockets, run, strlen(run) + 1);
    return data_folder_make(folder, "run", fault);
}

static bool write_key(const char *path, struct fault *fault)
{
    scoped(string_free) char *draft = x_sprintf("%s.new", path);
    unsigned char key[SEAL_KEY_BYTES];
    char line[2 * SEAL_KEY_BYTES + 2];
    scoped(descriptor_close) int file = -1;
    bool written = false;

    if (getrandom(key, sizeof key, 0) != sizeof key)
        return fault_errno(fault, FAULT_INTERNAL, "Cannot make a seal key");
    for (size_t i = 0; i < sizeof key; i++)
        snprintf(line + 2 * i, 3, "%02x", key[i]);
    line[sizeof line - 2] = '\n';
    unlink(draft);
    file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    written = file >= 0 && write(file, line, sizeof line - 1) == sizeof line - 1 && fsync(file) == 0 &&
              rename(draft, path) == 0;
    explicit_bzero(key, sizeof key);
    explicit_bzero(line, sizeof line);
    return written || fault_errno(fault, FAULT_BAD_INPUT, "Cannot write the seal key %s", path);
}

/* API keys lie in the database sealed with this key; a new one in its place would make them unreadable for ever. */
static bool make_seal_key(struct data_folder *folder, struct fault *fault)
{
    scoped(string_free) char *cluster = data_folder_path(folder, "postgresql");
    struct stat status;

    snprintf(folder->seal_key_file, sizeof folder->seal_key_file, "%s/seal.key", folder->path);
    if (stat(folder->seal_key_file, &status) == 0) {
        if (status.st_mode & 077)
            return fault_set(fault, FAULT_BAD_INPUT, "Others can read the seal key: run chmod 600 %s.",
                             folder->seal_key_file);
        return true;
    }
    if (access(cluster, F_OK) == 0)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "The seal key %s is missing, and the API keys in this data folder cannot be opened without "
                         "it. Put it back, or start with a new data folder.",
                         folder->seal_key_file);
    return write_key(folder->seal_key_file, fault);
}

static bool set_path(const char *path, struct data_folder *folder, struct fault *fault)
{
    char *whole = realpath(path, NULL);
    size_t size = whole ? strlen(whole) : 0;

    if (!whole)
        return fault_errno(fault, FAULT_BAD_INPUT, "Cannot find the data folder %s", path);
    if (size + 64 < sizeof folder->path)
        memcpy(folder->path, whole, size + 1);
    free(whole);
    return folder->path[0] || fault_set(fault, FAULT_BAD_INPUT, "The path of the data folder is longer than %d bytes.",
                                        DATA_PATH_SIZE - 64);
}

static void release(struct data_folder *folder)
{
    descriptor_close(&folder->lock);
}

bool data_folder_open(const char *path, struct data_folder *ret, struct fault *fault)
{
    scoped(release) struct data_folder folder = {.lock = -1};

    if (path[0] == '\0' || strlen(path) >= PATH_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "The path of the data folder is empty or too long.");
    if (!find_server_user(&folder.server_user, fault) || !make_folders(path, folder.server_user.change, fault) ||
        !set_path(path, &folder, fault) || !claim(&folder, fault) || !take_lock(&folder, fault) ||
        !check_way(&folder, fault) || !check_room(&folder, fault) || !make_seal_key(&folder, fault) ||
        !make_sockets(&folder, fault))
        return false;
    *ret = folder;
    folder.lock = -1;
    return true;
}

void data_folder_close(struct data_folder *folder)
{
    scoped(string_free) char *run = NULL;
    struct fault unused;

    if (folder->lock < 0)
        return;
    run = data_folder_path(folder, "run");
    (void)!folder_remove(folder->sockets, &unused);
    unlink(run);
    descriptor_close(&folder->lock);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

bool folder_remove(const char *path, struct fault *fault)
{
    if (nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
        return fault_errno(fault, FAULT_BAD_INPUT, "Cannot remove %s", path);
    return true;
}

long log_rotate(const char *path)
{
    scoped(string_free) char *old = x_sprintf("%s.old", path);
    struct stat status;

    if (stat(path, &status) != 0)
        return 0;
    if (status.st_size <= LOG_MAX_BYTES)
        return (long)status.st_size;
    rename(path, old);
    return 0;
}

void log_tail(const char *path, long since, struct text *out)
{
    char bytes[TAIL_BYTES + 1];
    scoped(file_close) FILE *file = fopen(path, "re");
    long size = 0;
    long from = since;
    size_t count = 0;
    const char *start = bytes;

    if (!file || fseek(file, 0, SEEK_END) != 0)
        return;
    size = ftell(file);
    if (size - since > TAIL_BYTES)
        from = size - TAIL_BYTES;
    if (fseek(file, from, SEEK_SET) != 0)
        return;
    count = fread(bytes, 1, TAIL_BYTES, file);
    bytes[count] = '\0';
    if (from > since && strchr(bytes, '\n') && strchr(bytes, '\n')[1])
        start = strchr(bytes, '\n') + 1;
    for (const char *byte = start; *byte; byte++)
        if (*byte != '\n' || byte[1])
            text_putc(out, (unsigned char)*byte < 0x20 ? ' ' : *byte);
}
