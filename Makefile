# Everything a newcomer or CI calls. `make run` and `make test` do all set-up themselves.
.PHONY: setup build run test lint format clean

setup:
	@scripts/setup.sh

build: setup
	swift build -c release

lint:
	@scripts/lint.sh
