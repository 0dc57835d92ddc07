#!/usr/bin/env bash
# Starts the SSH server of the workstation: host keys are made once, and the settings of the container, which sshd does
# not hand on, are written where the account of the workstation alone can read them.
set -euo pipefail
umask 077
mkdir -p /etc/ssh/keys /run/sshd /run/riskdeck
chmod 755 /run/sshd /run/riskdeck
[ -f /etc/ssh/keys/ssh_host_ed25519_key ] || ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/keys/ssh_host_ed25519_key
: >/run/riskdeck/environment
for name in RISKDECK_DATABASE_URL RISKDECK_DATA_DIR PGPASSWORD MASKING_SALT LANG; do
  if [ -n "${!name:-}" ]; then printf 'export %s=%q\n' "$name" "${!name}" >>/run/riskdeck/environment; fi
done
chown riskdeck /run/riskdeck/environment
exec /usr/sbin/sshd -D -e
