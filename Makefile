# Everything a newcomer or CI calls. `make run` and `make test` do all set-up themselves and may be called again.
.PHONY: help setup build run test test-faults sanitize lint format screenshots clean

RISKDECK = .build/release/riskdeck
# The Swift runtime is linked in: the program starts faster, and runs where no Swift is.
RELEASE_BUILD = swift build -c release --static-swift-stdlib

help:
	@echo 'make run    set up, build, load demo data, run the pipeline, open the workstation'
	@echo 'make test   set up, then lint and all tests'
	@echo 'make test-faults  the fault suite alone: killed runs and servers, failing sources, models and tests'
	@echo 'make sanitize  the unit tests under the address and the thread sanitizer'
	@echo 'make lint   format, imports, SQL, unsafe spots'
	@echo 'make build  the release build alone'
	@echo 'make man completions check-manual install deb deb-trial interop lint-sql lint-packaging metabase test-docs  see packaging/packaging.mk'
	@echo 'make screenshots  a picture of every screen into docs/screenshots'

setup:
	@scripts/setup.sh

build: setup
	$(RELEASE_BUILD) --product riskdeck

run: build
	@scripts/run.sh $(RISKDECK)

test: setup
	@scripts/test.sh

test-faults: setup
	@scripts/test.sh --filter 'FaultTests|PipelineRunTests|RunExecutorTests'

sanitize: setup
	@scripts/sanitize.sh address
	@scripts/sanitize.sh thread

lint:
	@scripts/lint.sh

format:
	swift format --in-place --recursive Sources Tests Package.swift

screenshots: build
	@scripts/screenshots.sh $(RISKDECK)

clean:
	swift package clean

include packaging/packaging.mk
-include Benchmarks/*.mk
-include Tests/*/*.mk
