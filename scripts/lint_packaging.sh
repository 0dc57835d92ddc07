#!/usr/bin/env bash
# Checks what packages and deploys riskdeck, with linters that are in PATH (make lint-packaging puts them there).
set -uo pipefail
cd "$(dirname "$0")/.."
failed=0
check() {
  echo "lint: $1"
  shift
  "$@" || failed=1
}

check "Dockerfile" hadolint Dockerfile
check "YAML" yamllint --strict docker-compose.yml .github themes queries/dashboards
check "compose file" check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
check "workflows" check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
check "workflows, what they may do" zizmor --offline --quiet .github/workflows
for schema in docs/schemas/*.json; do
  check "$schema" check-jsonschema --check-metaschema "$schema"
done
check "dashboards" check-jsonschema --schemafile docs/schemas/dashboard.json queries/dashboards/*.yml
check "ruleset" check-jsonschema --schemafile docs/schemas/ruleset.json queries/risk/ruleset.yml
check "priors" check-jsonschema --schemafile docs/schemas/reference.json queries/risk/priors.yml
check "themes" check-jsonschema --schemafile docs/schemas/theme.json themes/*.yml
check "languages" check-jsonschema --schemafile docs/schemas/language.json languages/*.yml

# The mapping stands in docs/sources.md alone: the block that begins with its customers.
mapping=$(mktemp --suffix=.yml)
trap 'rm -f "$mapping"' EXIT
sed -n '/^customers: |$/,/^```$/p' docs/sources.md | sed '$d' >"$mapping"
check "mapping of docs/sources.md" check-jsonschema --schemafile docs/schemas/mapping.json "$mapping"

sed -n '/^time_zone: UTC/,/^```$/p' docs/event-files.md | sed '$d' >"$mapping"
check "mapping of docs/event-files.md" check-jsonschema --schemafile docs/schemas/event-mapping.json "$mapping"
sed -n '/^keys:$/,/^```$/p' docs/keys.md | sed '$d' >"$mapping"
check "configuration of docs/keys.md" check-jsonschema --schemafile docs/schemas/config.json "$mapping"

for script in scripts/*.sh packaging/docker/*.sh; do check "$script" bash -n "$script"; done

if command -v systemd-analyze >/dev/null; then
  # The unit's program need not be installed here.
  findings=$(systemd-analyze verify packaging/*.service 2>&1 | grep 'riskdeck' | grep -v 'is not executable' || true)
  echo "lint: systemd units"
  [ -z "$findings" ] || { echo "$findings"; failed=1; }
else
  echo "lint: systemd-analyze is not installed; units are not checked"
fi
exit "$failed"
