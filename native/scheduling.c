/* How the kernel schedules this process (sched(7)) and whether its memory may be swapped out. */
#define _GNU_SOURCE
#include "addon.h"

#include <errno.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* setRealtime(priority): SCHED_RR, 1 to 99; programs that are started are not real-time. */
static napi_value set_realtime(napi_env env, napi_callback_info info) {
  napi_value argument;
  struct sched_param parameters = {0};
  if (!lvs_arguments(env, info, 1, &argument)) return NULL;
  if (!lvs_int(env, argument, "priority", &parameters.sched_priority)) return NULL;
  if (sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &parameters) < 0)
    return lvs_throw(env, errno, "sched_setscheduler");
  return lvs_undefined(env);
}

/* setNiceness(value): -20 to 19 */
static napi_value set_niceness(napi_env env, napi_callback_info info) {
  napi_value argument;
  int32_t value;
  if (!lvs_arguments(env, info, 1, &argument)) return NULL;
  if (!lvs_int(env, argument, "value", &value)) return NULL;
  if (setpriority(PRIO_PROCESS, 0, value) < 0) return lvs_throw(env, errno, "setpriority");
  return lvs_undefined(env);
}

/* lockMemory(): all pages, those to come as they are touched. */
static napi_value lock_memory(napi_env env, napi_callback_info info) {
  (void)info;
  if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0) return lvs_throw(env, errno, "mlockall");
  return lvs_undefined(env);
}

void lvs_scheduling(napi_env env, napi_value exports) {
  lvs_export(env, exports, "setRealtime", set_realtime);
  lvs_export(env, exports, "setNiceness", set_niceness);
  lvs_export(env, exports, "lockMemory", lock_memory);
}
