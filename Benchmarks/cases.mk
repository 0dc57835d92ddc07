# Fifty analysts work off 10,000 cases on a server of their own: what a step takes, with a tenth of a second between two
# steps of an analyst and without a pause.
.PHONY: bench-cases

bench-cases:
	$(RELEASE_BUILD) --product CasesBenchmark
	.build/release/CasesBenchmark 10000 50 100
	.build/release/CasesBenchmark 10000 50 0
