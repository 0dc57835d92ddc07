// Tells the thread sanitizer of locks that it does not see. Synchronization.Mutex is taken and given back by instructions in the
// program's own code, which is instrumented, unless somebody else holds it: then the runtime of Swift, which is not, waits in
// the kernel. The sanitizer then sees no order between the two holders, and reports what the lock protects as a race.
//
// Loaded before the runtime (LD_PRELOAD, by scripts/sanitize.sh thread), this stands in for its slow paths, calls them, and
// says what they did.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

#define HANDLE __attribute__((swift_context)) void *handle
typedef __attribute__((swiftcall)) void (*lock)(uint32_t owner, HANDLE);
typedef __attribute__((swiftcall)) _Bool (*try_lock)(HANDLE);
typedef __attribute__((swiftcall)) void (*unlock)(HANDLE);

// Synchronization._MutexHandle._lockSlow(UInt32), ._tryLockSlow() and ._unlockSlow()
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

static void *next(const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  if (!found) abort();
  return found;
}

__attribute__((swiftcall, visibility("default"))) void lock_slowly(uint32_t owner, HANDLE) __asm__(LOCK);
__attribute__((swiftcall, visibility("default"))) _Bool try_lock_slowly(HANDLE) __asm__(TRY_LOCK);
__attribute__((swiftcall, visibility("default"))) void unlock_slowly(HANDLE) __asm__(UNLOCK);

__attribute__((swiftcall)) void lock_slowly(uint32_t owner, HANDLE) {
  ((lock)next(LOCK))(owner, handle);
  if (__tsan_acquire) __tsan_acquire(handle);
}

__attribute__((swiftcall)) _Bool try_lock_slowly(HANDLE) {
  _Bool is_taken = ((try_lock)next(TRY_LOCK))(handle);
  if (is_taken && __tsan_acquire) __tsan_acquire(handle);
  return is_taken;
}

__attribute__((swiftcall)) void unlock_slowly(HANDLE) {
  if (__tsan_release) __tsan_release(handle);
  ((unlock)next(UNLOCK))(handle);
}
