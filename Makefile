# Lintel's commands. `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

export LINTEL_TARGET_DIR ?= $(HOME)/.cache/lintel/target
export CARGO_TARGET_DIR := $(LINTEL_TARGET_DIR)
export LINTEL_CACHE ?= $(HOME)/.cache/lintel

# The stories kill the door at marked steps; the marks are compiled in for tests only. The same features
# everywhere, so that nothing is built twice.
TEST_FEATURES := --workspace --features lintel-kiosk/fault-injection

.PHONY: help demo test setup setup-demo lint bench fuzz debs test-packages pictures clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: setup-demo ## people walk past a door and stand in the day's report (DEMO_EXIT=1, DEMO_CAMERA=/dev/video0)
	@echo "Building (the first time takes some minutes)"
	@cargo build --quiet --bin lintel-kiosk --bin lintel-central
	@tests/demo/run.sh

test: setup ## all tests: units, properties, end to end
	@cargo build --quiet $(TEST_FEATURES) --bins
	@if cargo nextest --version >/dev/null 2>&1; then \
	  cargo nextest run $(TEST_FEATURES) --config-file .config/nextest.toml && cargo test --quiet $(TEST_FEATURES) --doc; \
	else \
	  cargo test --quiet $(TEST_FEATURES); \
	fi
	@packaging/python.sh -m unittest discover --quiet --start-directory packaging --pattern 'test_*.py'

setup: ## install what is missing: Debian packages, ONNX Runtime, a model pack, test pictures
	@packaging/setup.sh test

# Without what only the tests need: Chromium, nginx, Caddy, PostgreSQL.
setup-demo:
	@packaging/setup.sh demo

lint: setup-demo ## formatting, clippy, docs, licences
	@cargo fmt --all --check
	@cargo clippy --quiet $(TEST_FEATURES) --all-targets -- -D warnings
	@RUSTDOCFLAGS="-D warnings" cargo doc --quiet --workspace --no-deps
	@packaging/deny.sh

# compare.py reads the pack from the usual place, and compares with lintel-1 only.
bench: setup ## measure the door (beside Python) and the centre on this machine (release build)
	@cargo build --quiet --release --bin lintel-kiosk --bin lintel-central
	@if [ -d "$(HOME)/.cache/lintel/packs/lintel-1" ] && reference=$$(packaging/venv.sh reference); then \
	  PATH="$$reference:$$PATH" "$(CARGO_TARGET_DIR)/release/lintel-kiosk" bench --python common/vision/tests/reference/compare.py; \
	else \
	  echo "Not compared with Python: that needs the pack lintel-1 and the packages of packaging/requirements/reference.txt"; \
	  "$(CARGO_TARGET_DIR)/release/lintel-kiosk" bench; \
	fi
	@"$(CARGO_TARGET_DIR)/release/lintel-central" bench

fuzz: setup-demo ## hostile input for every parser that meets strangers (FUZZ_SECONDS=60 each)
	@packaging/fuzz.sh

debs: setup-demo ## the four Debian packages (LINTEL_DEB_PROFILE=dev: quick, for trying them)
	@packaging/debs/build.sh

test-packages: debs ## install, break and remove the packages in a virtual Debian with a camera
	@packaging/vm/test.sh "$(CARGO_TARGET_DIR)/debian"

pictures: setup ## photograph the door's page and the console for docs/ (needs Chromium)
	@cargo build --quiet $(TEST_FEATURES) --bins --examples
	@"$(CARGO_TARGET_DIR)/debug/examples/screens" docs/pictures
	@"$(CARGO_TARGET_DIR)/debug/examples/console" docs/pictures

clean: ## remove what was built (the cache of downloads stays: $(LINTEL_CACHE))
	@cargo clean --quiet
