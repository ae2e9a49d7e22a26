/* Descriptors that whoever started us has left open: no program that we start is to find them. */
#define _GNU_SOURCE
#include "addon.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FIRST = 3, LAST_IF_ASKED_ONE_BY_ONE = 4096 };

/* closeDescriptorsOnExec(): all but standard input and output, that are open now. */
static napi_value close_on_exec(napi_env env, napi_callback_info info) {
  (void)info;
  if (syscall(SYS_close_range, FIRST, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return lvs_undefined(env);
  /* Kernels before 5.11. */
  for (int fd = FIRST; fd <= LAST_IF_ASKED_ONE_BY_ONE; fd += 1) {
    int flags = fcntl(fd, F_GETFD);
    if (flags >= 0) fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
  }
  return lvs_undefined(env);
}

void lvs_descriptors(napi_env env, napi_value exports) {
  lvs_export(env, exports, "closeDescriptorsOnExec", close_on_exec);
}
