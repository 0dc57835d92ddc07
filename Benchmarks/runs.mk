# Measures what a run costs beside its work: forty empty tasks through the executor and its log, on a private database.

.PHONY: bench-runs

bench-runs:
	swift build -c release --product RunBenchmark
	swift build -c release --product riskdeck
	@export RISKDECK_DATA_DIR=$$(mktemp -d /tmp/riskdeck-bench-XXXXXX); \
	  .build/release/RunBenchmark "$$(.build/release/riskdeck db url)" queries/schema; status=$$?; \
	  .build/release/riskdeck db reset --yes > /dev/null; rm -rf "$$RISKDECK_DATA_DIR"; exit $$status
