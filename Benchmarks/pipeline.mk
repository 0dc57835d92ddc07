# The pipeline and the screens' questions at three sizes against plain psql; figures in docs/benchmarks.md.
#
#   make bench [BENCH_CUSTOMERS=208,100000,1000000] [BENCH_REPEATS=3]     needs 30 GB of disk for the largest
#   make bench-quick                                                      under three minutes once it is built
BENCH_CUSTOMERS ?= 208,100000,1000000
BENCH_REPEATS ?= 3

.PHONY: bench bench-quick

bench:
	$(RELEASE_BUILD) --product riskdeck
	python3 Benchmarks/pipeline/bench.py .build/release/riskdeck --customers $(BENCH_CUSTOMERS) --repeats $(BENCH_REPEATS) \
	  --output .build/bench

bench-quick:
	$(RELEASE_BUILD) --product riskdeck
	python3 Benchmarks/pipeline/bench.py .build/release/riskdeck --customers 208,20000 --repeats 1 --output .build/bench
