/** Tells the service manager how we are (sd_notify(3)); without one there is nobody to tell. */
import { loadAddon } from './addon.ts';

/** `READY=1`, `STATUS=…`: see sd_notify(3). A manager that does not listen is no fault of ours. */
export function notifyServiceManager(state: string): void {
  const path = process.env.NOTIFY_SOCKET;
  if (path === undefined || path === '') return;
  try {
    loadAddon().notify(path, state);
  } catch {
    // It may have gone, or restarted.
  }
}
