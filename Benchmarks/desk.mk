# Measures of the analyst's desk.
#
#   make bench-export [BENCH_ROWS=1000000]   an export beside COPY: bytes, time, memory
#   make bench-what-if                       scores put together anew with other numbers
BENCH_ROWS ?= 1000000
BENCH_DESK = .build/bench-desk

.PHONY: bench-export bench-what-if

bench-export:
	$(RELEASE_BUILD) --product riskdeck
	mkdir -p $(BENCH_DESK)
	RISKDECK_DATA_DIR=$(CURDIR)/$(BENCH_DESK) .build/release/riskdeck status > /dev/null
	python3 Benchmarks/desk/export.py .build/release/riskdeck \
	  "$$(RISKDECK_DATA_DIR=$(CURDIR)/$(BENCH_DESK) .build/release/riskdeck db url)" $(BENCH_ROWS)
	RISKDECK_DATA_DIR=$(CURDIR)/$(BENCH_DESK) .build/release/riskdeck db reset --yes

bench-what-if:
	$(RELEASE_BUILD) --product WhatIfBenchmark
	.build/release/WhatIfBenchmark queries/risk
