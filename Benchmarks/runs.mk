# Measures what a run costs beside its work: forty empty tasks through the executor and its log, on a private database.

BENCH_RUNS_DATA = .build/bench-runs

.PHONY: bench-runs

bench-runs:
	$(RELEASE_BUILD) --product RunBenchmark
	$(RELEASE_BUILD) --product riskdeck
	@mkdir -p $(BENCH_RUNS_DATA); export RISKDECK_DATA_DIR=$(CURDIR)/$(BENCH_RUNS_DATA); \
	  url=$$(.build/release/riskdeck db url) && .build/release/RunBenchmark "$$url" queries/schema; status=$$?; \
	  .build/release/riskdeck db reset --yes > /dev/null; exit $$status
