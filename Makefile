# The two that matter: `make run` (a running desk with sample data) and `make test` (everything). See README.md.

cache := $(or $(ATIENDE_CACHE),$(HOME)/.cache/atiende)

# Compiled code stays in ./target, unless ATIENDE_TARGET names a folder. On a build machine (CI=true) it outlives the clone.
ifdef ATIENDE_TARGET
export CARGO_TARGET_DIR := $(abspath $(ATIENDE_TARGET))
else ifeq ($(CI),true)
export CARGO_TARGET_DIR := $(abspath $(cache))/target
endif
target := $(or $(CARGO_TARGET_DIR),target)

.PHONY: help run test check bench openapi e2e web trace

help:
	@echo "make run      set up, build and serve portal and console with sample data"
	@echo "make test     everything: checks, unit and API tests on both databases, browser tests"
	@echo "make check    format, lints, purity of shared, client for wasm32"
	@echo "make e2e      browser tests only"
	@echo "make bench    benchmarks"
	@echo "make openapi  write openapi/openapi.json anew"
	@echo "make trace    which test proves which requirement"
	@echo "make web      build web/dist"

run:
	@echo "== set-up"
	@bash .ci/setup run
	@echo "== portal and console"
	@cargo run --quiet --package bundler || [ $$? -eq 3 ]
	@echo "== server"
	@cargo build --release --package api
	@echo "== start"
	@env -u ATIENDE_CACHE -u ATIENDE_TARGET "$(target)/release/atiende" demo

test:
	@bash .ci/test

check:
	@bash .ci/check

web:
	@cargo run --quiet --package bundler

# `deadline` is a microbenchmark; `load` runs the release server beside pgbench and writes target/bench/load.md.
bench:
	@bash .ci/setup test
	@cargo bench --quiet --package api --bench deadline
	@cargo bench --quiet --package api --bench load

openapi:
	@mkdir -p target
	@cargo run --quiet --package api -- openapi > target/openapi.json
	@mv target/openapi.json openapi/openapi.json

trace:
	@mkdir -p test-output
	@cargo run --quiet --package e2e --example trace -- --html test-output/requirements.html

e2e:
	@bash .ci/setup test
	@cargo run --quiet --package bundler
	@cargo build --quiet --package api
	@ATIENDE_E2E_AXE="$(cache)/axe-core/axe.min.js" ATIENDE_E2E_BINARY="$(abspath $(target))/debug/atiende" cargo test --package e2e
