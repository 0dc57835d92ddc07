import Glibc

/// Passwords and clear names stand in memory: no core dump of this process, or of one that it starts, shows them.
func forbidCoreDumps() {
  var none = rlimit(rlim_cur: 0, rlim_max: 0)
  setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
  // The limit does not hold where the kernel hands dumps to a program, such as systemd-coredump: that one gets no memory.
  let filter = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC)
  guard filter >= 0 else { return }
  _ = write(filter, "0", 1)
  close(filter)
}
