/* How the kernel schedules this process (sched(7)) and whether its memory may be swapped out. */
#define _GNU_SOURCE
#include "addon.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
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

/* setCpus([cpu …]): those that all threads of this process may run on; threads to come have them, too. */
static napi_value set_cpus(napi_env env, napi_callback_info info) {
  napi_value argument;
  uint32_t count;
  cpu_set_t cpus;
  if (!lvs_arguments(env, info, 1, &argument)) return NULL;
  if (napi_get_array_length(env, argument, &count) != napi_ok)
    return lvs_throw(env, EINVAL, "cpus");
  CPU_ZERO(&cpus);
  for (uint32_t at = 0; at < count; at += 1) {
    napi_value item;
    int32_t cpu;
    if (napi_get_element(env, argument, at, &item) != napi_ok) return NULL;
    if (!lvs_int(env, item, "cpu", &cpu)) return NULL;
    if (cpu < 0 || cpu >= CPU_SETSIZE) return lvs_throw(env, EINVAL, "cpu");
    CPU_SET(cpu, &cpus);
  }
  DIR *tasks = opendir("/proc/self/task");
  if (tasks == NULL) return lvs_throw(env, errno, "/proc/self/task");
  int refused = 0;
  for (struct dirent *task = readdir(tasks); task != NULL; task = readdir(tasks)) {
    pid_t id = atoi(task->d_name);
    /* A thread may have ended meanwhile. */
    if (id > 0 && sched_setaffinity(id, sizeof cpus, &cpus) < 0 && errno != ESRCH) refused = errno;
  }
  closedir(tasks);
  if (refused != 0) return lvs_throw(env, refused, "sched_setaffinity");
  return lvs_undefined(env);
}

void lvs_scheduling(napi_env env, napi_value exports) {
  lvs_export(env, exports, "setRealtime", set_realtime);
  lvs_export(env, exports, "setNiceness", set_niceness);
  lvs_export(env, exports, "lockMemory", lock_memory);
  lvs_export(env, exports, "setCpus", set_cpus);
}
