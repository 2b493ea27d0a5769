# Every target does its own set-up on a fresh machine: Python 3.10 to 3.13 and make are all it needs.
.PHONY: setup demo test test-browser test-wheel lint docs bench clean
.DELETE_ON_ERROR:
SHELL := /bin/bash

setup: .venv/.complete

.venv/.complete: requirements.lock scripts/setup
	@bash scripts/setup

demo: setup
	@./kajabi-guard demo

test: setup
	@bash scripts/test

test-browser: setup
	@.venv/bin/python scripts/test-browser

test-wheel:
	@bash scripts/test-wheel

lint: setup
	@bash scripts/lint

docs: setup
	@.venv/bin/python scripts/docs

bench: setup
	@bash scripts/bench --write

clean:
	rm -rf .venv .kajabi-guard/dbt .kajabi-guard/bench-peers
