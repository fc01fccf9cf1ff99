// An addon that handles the signals of faults, as crash reporters do: it counts them and passes them on to whoever handled
// them before. Node finds it by its one symbol; nothing of Node's headers is needed.

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
static struct sigaction before[65];

static void pass_on(int signal, siginfo_t *info, void *context) {
  struct sigaction *next = &before[signal];
  if (next->sa_flags & SA_SIGINFO) {
    next->sa_sigaction(signal, info, context);
  } else if (next->sa_handler == SIG_DFL) {
    // A fault that nobody else knows: the instruction runs again, and ends the process.
    sigaction(signal, next, NULL);
  } else if (next->sa_handler != SIG_IGN) {
    next->sa_handler(signal);
  }
}

void *napi_register_module_v1(void *env, void *exports) {
  (void)env;
  for (size_t index = 0; index < sizeof signals / sizeof *signals; index++) {
    struct sigaction action = {.sa_sigaction = pass_on, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    sigemptyset(&action.sa_mask);
    sigaction(signals[index], &action, &before[signals[index]]);
  }
  return exports;
}
