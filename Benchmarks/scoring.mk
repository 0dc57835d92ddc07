# Measures the scoring in memory on one thread, and the same statistics in pandas and NumPy in the same run.
SCORING_BENCH = .build/bench-scoring

.PHONY: bench-scoring

bench-scoring: $(SCORING_BENCH)/venv/bin/pandas-ready
	$(RELEASE_BUILD) --product ScoringBenchmark
	.build/release/ScoringBenchmark queries/risk $(SCORING_BENCH)/events.csv
	$(SCORING_BENCH)/venv/bin/python Benchmarks/scoring/twin.py $(SCORING_BENCH)/events.csv

$(SCORING_BENCH)/venv/bin/pandas-ready:
	mkdir -p $(SCORING_BENCH)
	python3 -m venv $(SCORING_BENCH)/venv
	$(SCORING_BENCH)/venv/bin/pip install -q pandas numpy
	touch $@
