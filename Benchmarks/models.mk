# `riskdeck build` against dbt on the same project and data; figures and machine in docs/benchmarks-models.md.
.PHONY: bench-models
bench-models:
	$(RELEASE_BUILD) --product riskdeck
	bash Tests/parity/setup.sh .build/dbt
	python3 Benchmarks/models/bench.py .build/release/riskdeck .build/dbt
