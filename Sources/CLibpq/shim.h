#pragma once
#include <postgresql/libpq-fe.h>

#include <spawn.h>

/* glibc has it since 2.34 and declares it for _GNU_SOURCE alone, which an importing module cannot set. */
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
