# What a system needs beside the program: man pages, completions, installation, packages, and the checks of all of that.
.PHONY: man completions check-manual lint-sql

# The program that is asked what it says of itself; a build of one's own by default.
PROGRAM = $(RISKDECK)
GENERATED = .build/generated
PYTHON_TOOLS = .build/lint-tools

man:
	rm -rf $(GENERATED)/man
	python3 scripts/manual.py $(PROGRAM) man $(GENERATED)/man
	python3 scripts/manual.py $(PROGRAM) markdown docs/commands.md

completions:
	mkdir -p $(GENERATED)/completions
	$(PROGRAM) --generate-completion-script bash > $(GENERATED)/completions/riskdeck.bash
	$(PROGRAM) --generate-completion-script zsh > $(GENERATED)/completions/_riskdeck
	$(PROGRAM) --generate-completion-script fish > $(GENERATED)/completions/riskdeck.fish

# Asks each shell to load its completions, and mandoc to read the man pages.
check-manual: completions
	rm -rf $(GENERATED)/man
	python3 scripts/manual.py $(PROGRAM) man $(GENERATED)/man
	scripts/check_manual.sh $(PROGRAM) $(GENERATED)/man $(GENERATED)/completions

# Linters from PyPI, in a private environment.
$(PYTHON_TOOLS)/ready: packaging/lint-requirements.txt
	python3 -m venv $(PYTHON_TOOLS)
	$(PYTHON_TOOLS)/bin/pip install --quiet --requirement packaging/lint-requirements.txt
	touch $@

lint-sql: $(PYTHON_TOOLS)/ready
	cd queries && ../$(PYTHON_TOOLS)/bin/sqlfluff lint --disable-progress-bar models tests dashboards saved
	$(PYTHON_TOOLS)/bin/python scripts/metabase.py check

.PHONY: install uninstall deb
PREFIX = /usr/local

install: build
	$(MAKE) man completions PROGRAM=$(RISKDECK)
	PROGRAM=$(RISKDECK) GENERATED=$(GENERATED) PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) scripts/install.sh install

uninstall:
	PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) scripts/install.sh uninstall

deb: build
	$(MAKE) man completions PROGRAM=$(RISKDECK)
	scripts/deb.sh $(RISKDECK) $(GENERATED) dist

# Dockerfile, compose file, workflow, systemd units, and every YAML file against the schema of its kind.
.PHONY: lint-packaging
lint-packaging: $(PYTHON_TOOLS)/ready
	PATH="$(CURDIR)/$(PYTHON_TOOLS)/bin:$$PATH" scripts/lint_packaging.sh

# The dashboards' questions for Metabase; written from the cards, checked against them by lint-sql.
.PHONY: metabase test-docs
metabase: $(PYTHON_TOOLS)/ready
	$(PYTHON_TOOLS)/bin/python scripts/metabase.py write

# Every riskdeck command that a page shows, on demo data in a database of its own.
test-docs:
	python3 scripts/test_docs.py $(PROGRAM)

# The data tests run by Great Expectations and by Soda as well, on demo data with and without planted faults.
.PHONY: interop
INTEROP_TOOLS = .build/interop-tools
$(INTEROP_TOOLS)/ready: packaging/interop-requirements.txt
	python3 -m venv $(INTEROP_TOOLS)
	$(INTEROP_TOOLS)/bin/pip install --quiet --requirement packaging/interop-requirements.txt
	touch $@

interop: $(INTEROP_TOOLS)/ready
	$(INTEROP_TOOLS)/bin/python scripts/interop.py $(PROGRAM)

# The package in a root with nothing but Debian; needs root and mmdebstrap.
.PHONY: deb-trial
deb-trial: deb
	scripts/deb_trial.sh dist/riskdeck_*_$$(dpkg --print-architecture).deb
