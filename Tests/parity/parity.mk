# The models against dbt itself: tables row by row, compiled SQL, test names and results. Not part of `make test`: it installs
# dbt from PyPI into .build/dbt.
.PHONY: dbt-parity
dbt-parity:
	$(RELEASE_BUILD) --product riskdeck
	bash Tests/parity/setup.sh .build/dbt
	python3 Tests/parity/parity.py .build/release/riskdeck .build/dbt
