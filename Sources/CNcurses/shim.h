#pragma once
#define _XOPEN_SOURCE_EXTENDED 1
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <term.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

// ncurses' and the C library's mutable globals, which Swift 6 does not let through.

static inline SCREEN *riskdeck_newterm(const char *name) { return newterm(name, stdout, stdin); }
static inline WINDOW *riskdeck_stdscr(void) { return stdscr; }
static inline const char *riskdeck_capability(const char *name) {
  const char *value = tigetstr(name);
  return value == (char *)-1 ? NULL : value;
}

// <wchar.h> hides it unless X/Open was asked for before the C library's own module was built.
extern int wcwidth(wchar_t character);
static inline int riskdeck_width(wchar_t character) { return wcwidth(character); }

static inline int riskdeck_window_size(int fd, int *width, int *height) {
  struct winsize size;
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return -1;
  *width = size.ws_col;
  *height = size.ws_row;
  return 0;
}

// Signals. What runs inside of a handler is here and not in Swift, whose runtime may allocate or lock. All of
// this state belongs to one object file: only Sources/Terminal/TerminalSignals.swift may call these functions.

static struct {
  int pipe;                    // the handlers' end of the self-pipe
  volatile sig_atomic_t ends;  // how many signals asked the program to end
  volatile sig_atomic_t armed; // whether the terminal is in program mode
  struct termios modes;        // what it was before
  char restore[512];           // bytes that put the terminal back
  size_t restore_length;
  struct sigaction previous[NSIG];
  int keeps_backtracer;
  stack_t previous_stack;      // the alternate stack that was before, given back with the handlers
  _Alignas(16) char stack[65536]; // for a handler after a stack overflow; aligned as a stack must be
} riskdeck_signals = { .pipe = -1 };

static inline void riskdeck_restore_terminal(void) {
  if (!riskdeck_signals.armed) return;
  riskdeck_signals.armed = 0;
  ssize_t ignored = write(STDOUT_FILENO, riskdeck_signals.restore, riskdeck_signals.restore_length);
  (void)ignored;
  tcsetattr(STDIN_FILENO, TCSANOW, &riskdeck_signals.modes);
}

static void riskdeck_on_crash(int number) {
  int saved = errno;
  riskdeck_restore_terminal();
  // Swift's backtracer, which is the handler before ours, asks questions on a terminal for half a minute: only
  // who set SWIFT_BACKTRACE gets it.
  if (riskdeck_signals.keeps_backtracer) sigaction(number, &riskdeck_signals.previous[number], NULL);
  else signal(number, SIG_DFL);
  raise(number); // blocked until this handler returns
  errno = saved;
}

static void riskdeck_on_signal(int number) {
  int saved = errno;
  int is_end = number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT;
  if (is_end && riskdeck_signals.ends++ > 0) { // the loop did not answer the first one
    riskdeck_restore_terminal();
    signal(number, SIG_DFL);
    raise(number);
  }
  unsigned char byte = (unsigned char)number;
  ssize_t ignored = write(riskdeck_signals.pipe, &byte, 1);
  (void)ignored;
  errno = saved;
}

static inline void riskdeck_install(int number, void (*handler)(int), int flags) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  sigemptyset(&action.sa_mask);
  action.sa_handler = handler;
  action.sa_flags = flags;
  struct sigaction *previous = &riskdeck_signals.previous[number];
  sigaction(number, &action, previous);
  // Started under nohup or by a shell without job control: what is ignored stays so.
  if (previous->sa_handler == SIG_IGN && number != SIGWINCH && number != SIGCONT) sigaction(number, previous, NULL);
}

static const int riskdeck_loop_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH };
static const int riskdeck_crash_signals[] = { SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE, SIGTRAP };

static inline void riskdeck_install_handlers(int pipe) {
  riskdeck_signals.pipe = pipe;
  riskdeck_signals.ends = 0;
  riskdeck_signals.keeps_backtracer = getenv("SWIFT_BACKTRACE") != NULL;
  stack_t stack = { .ss_sp = riskdeck_signals.stack, .ss_size = sizeof riskdeck_signals.stack };
  sigaltstack(&stack, &riskdeck_signals.previous_stack);
  // Whoever started the program may have had signals blocked.
  sigset_t set;
  sigemptyset(&set);
  for (size_t i = 0; i < sizeof riskdeck_loop_signals / sizeof(int); i++) {
    sigaddset(&set, riskdeck_loop_signals[i]);
    riskdeck_install(riskdeck_loop_signals[i], riskdeck_on_signal, SA_RESTART);
  }
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
  for (size_t i = 0; i < sizeof riskdeck_crash_signals / sizeof(int); i++)
    riskdeck_install(riskdeck_crash_signals[i], riskdeck_on_crash, SA_ONSTACK);
}

static inline void riskdeck_remove_handlers(void) {
  for (size_t i = 0; i < sizeof riskdeck_loop_signals / sizeof(int); i++)
    sigaction(riskdeck_loop_signals[i], &riskdeck_signals.previous[riskdeck_loop_signals[i]], NULL);
  for (size_t i = 0; i < sizeof riskdeck_crash_signals / sizeof(int); i++)
    sigaction(riskdeck_crash_signals[i], &riskdeck_signals.previous[riskdeck_crash_signals[i]], NULL);
  // A runtime that set one up for itself, as sanitizers do, takes down what it finds at the end.
  sigaltstack(&riskdeck_signals.previous_stack, NULL);
}

// Call before the terminal's modes are changed.
static inline int riskdeck_save_modes(void) { return tcgetattr(STDIN_FILENO, &riskdeck_signals.modes); }

static inline void riskdeck_arm(const char *restore, size_t length) {
  if (length > sizeof riskdeck_signals.restore) length = sizeof riskdeck_signals.restore;
  memcpy(riskdeck_signals.restore, restore, length);
  riskdeck_signals.restore_length = length;
  riskdeck_signals.armed = 1;
}

static inline void riskdeck_disarm(void) { riskdeck_signals.armed = 0; }

// Does to this process what the signal does by default. Threads of a pool block signals, and the caller may be on
// one: Swift's main actor may run on any thread.
static inline void riskdeck_raise_default(int number) {
  struct sigaction action, ours;
  memset(&action, 0, sizeof action);
  sigemptyset(&action.sa_mask);
  action.sa_handler = SIG_DFL;
  sigaction(number, &action, &ours);
  sigset_t set, before;
  sigemptyset(&set);
  sigaddset(&set, number);
  pthread_sigmask(SIG_UNBLOCK, &set, &before);
  raise(number);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  sigaction(number, &ours, NULL);
}
