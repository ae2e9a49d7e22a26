/* Signals that Node has no name for: the real-time ones, by which operators ask for dumps. */
#define _GNU_SOURCE
#include "addon.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <uv.h>

typedef struct {
  uv_signal_t handle;
  napi_env env;
  napi_ref on_signal;
} listener;

static void heard(uv_signal_t *handle, int number) {
  listener *self = handle->data;
  napi_handle_scope scope;
  napi_value callback, global;
  (void)number;
  napi_open_handle_scope(self->env, &scope);
  napi_get_reference_value(self->env, self->on_signal, &callback);
  napi_get_global(self->env, &global);
  napi_make_callback(self->env, NULL, global, callback, 0, NULL, NULL);
  lvs_rethrow(self->env);
  napi_close_handle_scope(self->env, scope);
}

static void freed(uv_handle_t *handle) { free(handle->data); }

static void at_end(void *data) {
  listener *self = data;
  uv_signal_stop(&self->handle);
  uv_close((uv_handle_t *)&self->handle, freed);
}

/* onRealtimeSignal(offset, onSignal) → number: SIGRTMIN + offset, below 0: SIGRTMAX + 1 + offset. Until the end. */
static napi_value on_realtime_signal(napi_env env, napi_callback_info info) {
  napi_value arguments[2], result;
  uv_loop_t *loop;
  int32_t offset;
  if (!lvs_arguments(env, info, 2, arguments)) return NULL;
  if (!lvs_int(env, arguments[0], "offset", &offset)) return NULL;
  if (!lvs_function(env, arguments[1], "onSignal")) return NULL;
  int number = offset >= 0 ? SIGRTMIN + offset : SIGRTMAX + 1 + offset;
  listener *self = calloc(1, sizeof *self);
  if (self == NULL) return lvs_throw(env, ENOMEM, "calloc");
  self->env = env;
  self->handle.data = self;
  napi_get_uv_event_loop(env, &loop);
  uv_signal_init(loop, &self->handle);
  int refused = uv_signal_start(&self->handle, heard, number);
  if (refused < 0) {
    uv_close((uv_handle_t *)&self->handle, freed);
    return lvs_throw(env, -refused, "sigaction");
  }
  /* It keeps no program alive that has nothing else to do. */
  uv_unref((uv_handle_t *)&self->handle);
  napi_create_reference(env, arguments[1], 1, &self->on_signal);
  napi_add_env_cleanup_hook(env, at_end, self);
  napi_create_int32(env, number, &result);
  return result;
}

void lvs_signal(napi_env env, napi_value exports) {
  lvs_export(env, exports, "onRealtimeSignal", on_realtime_signal);
}
