/* Making a FIFO, which Node cannot. */
#define _GNU_SOURCE
#include "addon.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

/* makeFifo(path, mode): never takes what is there already, not even a symbolic link: EEXIST. */
static napi_value make_fifo(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  char path[PATH_MAX];
  int32_t mode;
  if (!lvs_arguments(env, info, 2, arguments)) return NULL;
  if (!lvs_string(env, arguments[0], "path", path, sizeof path)) return NULL;
  if (!lvs_int(env, arguments[1], "mode", &mode)) return NULL;
  if (mkfifo(path, (mode_t)mode) < 0) return lvs_throw(env, errno, "mkfifo");
  return lvs_undefined(env);
}

void lvs_fifo(napi_env env, napi_value exports) {
  lvs_export(env, exports, "makeFifo", make_fifo);
}
