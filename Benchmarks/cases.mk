# Fifty analysts without a pause work off 10,000 cases on a server of their own: what a step takes.
.PHONY: bench-cases

bench-cases:
	$(RELEASE_BUILD) --product CasesBenchmark
	.build/release/CasesBenchmark
