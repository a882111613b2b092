#include "cli/child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"

enum { PAUSE_MS = 10 };

enum step { STEP_LOG, STEP_USER, STEP_FOLDER, STEP_PROGRAM };

struct failure {
    enum step step;
    int code;
};

/* Everything from fork to exec may only make system calls: other threads of this process may have held locks. */
__attribute__((noreturn)) static void give_up(int report, enum step step)
{
    struct failure failure = {step, errno};

    (void)!write(report, &failure, sizeof failure);
    _exit(127);
}

static void reset_signals(void)
{
    struct sigaction plain = {.sa_handler = SIG_DFL};
    sigset_t none;

    sigaction(SIGPIPE, &plain, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* By system call: the library's functions would try to change the user of all threads. */
static bool become(struct child_user user)
{
    if (!user.change)
        return true;
    return syscall(SYS_setgroups, 1, &user.gid) == 0 && syscall(SYS_setresgid, user.gid, user.gid, user.gid) == 0 &&
           syscall(SYS_setresuid, user.uid, user.uid, user.uid) == 0;
}

__attribute__((noreturn)) static void run(const struct child_plan *plan, int input, int log, int report, pid_t parent)
{
    reset_signals();
    setsid();
    if (dup2(input, STDIN_FILENO) < 0 || dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0)
        give_up(report, STEP_LOG);
    if (!become(plan->user))
        give_up(report, STEP_USER);
    /* After the change of user, which clears it. The parent may have died before: then there will be no signal. */
    prctl(PR_SET_PDEATHSIG, plan->death_signal);
    if (getppid() != parent)
        _exit(127);
    if (chdir(plan->folder) != 0)
        give_up(report, STEP_FOLDER);
    execve(plan->arguments[0], (char *const *)(uintptr_t)plan->arguments, (char *const *)(uintptr_t)plan->environment);
    give_up(report, STEP_PROGRAM);
}

static bool explain(const struct child_plan *plan, struct failure failure, struct fault *fault)
{
    errno = failure.code;
    switch (failure.step) {
    case STEP_LOG:
        return fault_errno(fault, FAULT_INTERNAL, "Cannot write %s", plan->log_path);
    case STEP_USER:
        return fault_errno(fault, FAULT_INTERNAL, "Cannot start %s as user %d", plan->arguments[0],
                           (int)plan->user.uid);
    case STEP_FOLDER:
        return fault_errno(fault, FAULT_INTERNAL, "Cannot start %s in %s", plan->arguments[0], plan->folder);
    case STEP_PROGRAM:
        return fault_errno(fault, FAULT_INTERNAL, "Cannot start %s", plan->arguments[0]);
    }
    return false;
}

/* The pipe closes by itself when exec succeeds, so that nothing read means that the program runs. */
static bool read_report(const struct child_plan *plan, int report, pid_t pid, struct fault *fault)
{
    struct failure failure;
    ssize_t size = 0;

    do
        size = read(report, &failure, sizeof failure);
    while (size < 0 && errno == EINTR);
    if (size == 0)
        return true;
    waitpid(pid, NULL, 0);
    if (size != sizeof failure)
        return fault_set(fault, FAULT_INTERNAL, "Cannot start %s.", plan->arguments[0]);
    return explain(plan, failure, fault);
}

bool child_start(const struct child_plan *plan, pid_t *ret_pid, struct fault *fault)
{
    scoped(descriptor_close) int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    scoped(descriptor_close) int log = open(plan->log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    scoped(descriptor_close) int reader = -1;
    scoped(descriptor_close) int writer = -1;
    int report[2];
    pid_t parent = getpid();
    pid_t pid = 0;

    if (log < 0)
        return fault_errno(fault, FAULT_INTERNAL, "Cannot write %s", plan->log_path);
    if (input < 0 || pipe2(report, O_CLOEXEC) != 0)
        return fault_errno(fault, FAULT_INTERNAL, "Cannot start %s", plan->arguments[0]);
    reader = report[0];
    writer = report[1];
    pid = fork();
    if (pid < 0)
        return fault_errno(fault, FAULT_INTERNAL, "Cannot start %s", plan->arguments[0]);
    if (pid == 0)
        run(plan, input, log, writer, parent);
    descriptor_close(&writer);
    if (!read_report(plan, reader, pid, fault))
        return false;
    *ret_pid = pid;
    return true;
}

bool child_has_ended(pid_t pid, int *ret_status)
{
    return waitpid(pid, ret_status, WNOHANG) != 0;
}

bool child_wait(pid_t pid, int limit_ms, int *ret_status)
{
    int64_t until_ms = clock_monotonic_ms() + limit_ms;

    while (!child_has_ended(pid, ret_status)) {
        if (clock_monotonic_ms() >= until_ms)
            return false;
        pause_ms(PAUSE_MS);
    }
    return true;
}

void child_status_text(int status, char ret[CHILD_STATUS_SIZE])
{
    if (WIFSIGNALED(status))
        snprintf(ret, CHILD_STATUS_SIZE, "was killed by signal %d", WTERMSIG(status));
    else
        snprintf(ret, CHILD_STATUS_SIZE, "ended with status %d", WEXITSTATUS(status));
}

void pause_ms(int wait_ms)
{
    struct timespec wait = {wait_ms / 1000, (long)(wait_ms % 1000) * 1000000};

    nanosleep(&wait, NULL);
}
