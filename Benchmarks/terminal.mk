# Measures the terminal front end beside other full-screen programs. A driver program runs each on a pty and times
# what it writes; pspg, tig and htop take part where they are installed.
#
#   make bench-terminal PTY_DRIVER=/path/to/driver.py [BENCH_DATABASE=postgresql://...] [BENCH_RUNS=5]
#
# Without BENCH_DATABASE the workstation uses the embedded database of the home folder that the driver makes.
BENCH_RUNS ?= 5
BENCH_BUILD = .build/bench

.PHONY: bench-terminal bench-terminal-line

bench-terminal: $(BENCH_BUILD)/bare $(BENCH_BUILD)/customers.txt
	@test -n "$(PTY_DRIVER)" || { echo 'bench-terminal: PTY_DRIVER=FILE names the program that drives them'; exit 2; }
	$(RELEASE_BUILD) --product riskdeck
	$(RELEASE_BUILD) --product TerminalDemo
	python3 $(PTY_DRIVER) suite Benchmarks/terminal/suite.json --runs $(BENCH_RUNS) \
	  $(if $(BENCH_DATABASE),--env 'RISKDECK_DATABASE_URL=$(BENCH_DATABASE)') --json $(BENCH_BUILD)/terminal.json

# The same over a line of 6,000 bytes a second.
bench-terminal-line:
	@test -n "$(PTY_DRIVER)" || { echo 'bench-terminal-line: PTY_DRIVER=FILE names the program that drives them'; exit 2; }
	python3 $(PTY_DRIVER) suite Benchmarks/terminal/suite.json --only 'riskdeck|driver' --bps 6000 --runs 3 \
	  $(if $(BENCH_DATABASE),--env 'RISKDECK_DATABASE_URL=$(BENCH_DATABASE)')

$(BENCH_BUILD)/bare: Benchmarks/terminal/bare.c
	@mkdir -p $(BENCH_BUILD)
	cc -O2 -o $@ $< -lncursesw -ltinfo

# What psql would hand to pspg: 100,000 rows.
$(BENCH_BUILD)/customers.txt:
	@mkdir -p $(BENCH_BUILD)
	@awk 'BEGIN { print "   id   |       name       | country | spent"; print "--------+------------------+---------+----------"; \
	  for (i = 1; i <= 100000; i++) printf " %6d | customer %-7d | %-7s | %8.2f\n", i, i * 7919 % 100003, i % 3 ? "DE" : "FR", i % 9973 + 0.5; \
	  print "(100000 rows)" }' > $@
